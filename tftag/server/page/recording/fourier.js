// How much of each frequency a frame of sound holds.

/**
 * Returns a function from a frame to its magnitudes.
 * @param {number} size samples of a frame, a power of two.
 * @returns {function(Float32Array): Float32Array} from `[size]` to
 *   `[size / 2]`; the answer is overwritten by the next call.
 */
export function spectrum(size) {
  const window = Float32Array.from(
    { length: size },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size),
  );
  const turns = Array.from({ length: size / 2 }, (_, k) => {
    const angle = (-2 * Math.PI * k) / size;
    return [Math.cos(angle), Math.sin(angle)];
  });
  const bits = Math.log2(size);
  const reversed = Uint32Array.from({ length: size }, (_, n) => {
    let mirrored = 0;
    for (let bit = 0; bit < bits; bit++) {
      mirrored |= ((n >> bit) & 1) << (bits - 1 - bit);
    }
    return mirrored;
  });
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  const magnitudes = new Float32Array(size / 2);

  return (frame) => {
    for (let n = 0; n < size; n++) {
      real[reversed[n]] = frame[n] * window[n];
    }
    imaginary.fill(0);
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const [cosine, sine] = turns[k * stride];
          const [one, other] = [start + k, start + k + half];
          const re = real[other] * cosine - imaginary[other] * sine;
          const im = real[other] * sine + imaginary[other] * cosine;
          real[other] = real[one] - re;
          imaginary[other] = imaginary[one] - im;
          real[one] += re;
          imaginary[one] += im;
        }
      }
    }
    for (let k = 0; k < size / 2; k++) {
      magnitudes[k] = Math.hypot(real[k], imaginary[k]);
    }
    return magnitudes;
  };
}
