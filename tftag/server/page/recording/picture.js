// A recording as it looks: peaks over time, and a spectrogram.

import { prepare, theme } from "../canvas.js";
import { spectrum } from "./fourier.js";

const RATE_HZ = 16_000;
const FRAME_SAMPLES = 1_024;
const COLUMNS = 1_200;
const ROWS = 144;
const [LOWEST_HZ, HIGHEST_HZ] = [50, 7_800];
const RANGE_DB = 72;
const SILENCE_DB = -180;
// What is longer takes too much memory to decode at once.
const LONGEST_SECONDS = 20 * 60;

/**
 * Decodes a recording and measures what is drawn of it.
 * @param {Blob} blob of a format that the browser knows.
 * @param {number} seconds its length.
 * @returns {{peaks: Float32Array, levels: Float32Array, columns: number}}
 *   `peaks` [columns] and `levels` [ROWS * columns], lowest frequency last,
 *   both 0 to 1; null where it is too long.
 */
export async function measure(blob, seconds) {
  if (seconds > LONGEST_SECONDS) return null;
  const context = new OfflineAudioContext(1, 1, RATE_HZ);
  const sound = await context.decodeAudioData(await blob.arrayBuffer());
  const samples = mono(sound);
  const columns = Math.max(
    8,
    Math.min(COLUMNS, Math.round(samples.length / 128)),
  );
  return {
    columns,
    peaks: peaks(samples, columns),
    levels: levels(samples, columns),
  };
}

function mono(sound) {
  const mixed = new Float32Array(sound.length);
  for (let channel = 0; channel < sound.numberOfChannels; channel++) {
    const samples = sound.getChannelData(channel);
    for (let n = 0; n < samples.length; n++) mixed[n] += samples[n];
  }
  return mixed;
}

function peaks(samples, columns) {
  const found = new Float32Array(columns);
  for (let column = 0; column < columns; column++) {
    const end = Math.floor(((column + 1) * samples.length) / columns);
    let n = Math.floor((column * samples.length) / columns);
    for (; n < end; n++) {
      found[column] = Math.max(found[column], Math.abs(samples[n]));
    }
  }
  const highest = found.reduce((a, b) => Math.max(a, b), 1e-9);
  return found.map((peak) => peak / highest);
}

function levels(samples, columns) {
  const magnitudes = spectrum(FRAME_SAMPLES);
  const frame = new Float32Array(FRAME_SAMPLES);
  const found = new Float32Array(ROWS * columns);
  const ratio = HIGHEST_HZ / LOWEST_HZ;
  const bins = Float32Array.from({ length: ROWS }, (_, row) => {
    const hz = HIGHEST_HZ / ratio ** (row / (ROWS - 1));
    return (hz * FRAME_SAMPLES) / RATE_HZ;
  });
  // So that silence is the lowest level.
  let highest = SILENCE_DB + RANGE_DB;
  for (let column = 0; column < columns; column++) {
    const centre = ((column + 0.5) * samples.length) / columns;
    const start = Math.round(centre - FRAME_SAMPLES / 2);
    for (let n = 0; n < FRAME_SAMPLES; n++) {
      frame[n] = samples[start + n] ?? 0;
    }
    const strong = magnitudes(frame);
    for (let row = 0; row < ROWS; row++) {
      const below = Math.floor(bins[row]);
      const share = bins[row] - below;
      const strength =
        strong[below] * (1 - share) + (strong[below + 1] ?? 0) * share;
      const db = 20 * Math.log10(strength + 10 ** (SILENCE_DB / 20));
      highest = Math.max(highest, db);
      found[row * columns + column] = db;
    }
  }
  return found.map((db) => Math.max(0, 1 + (db - highest) / RANGE_DB));
}

/** Draws peaks as upright bars in one colour. */
export function drawWaveform(canvas, measured, colour) {
  const { context, width, height } = prepare(canvas);
  const step = 3;
  const bars = Math.max(1, Math.floor(width / step));
  context.fillStyle = colour;
  for (let bar = 0; bar < bars; bar++) {
    let n = Math.floor((bar * measured.columns) / bars);
    const end = Math.max(
      n + 1,
      Math.floor(((bar + 1) * measured.columns) / bars),
    );
    let peak = 0;
    for (; n < end; n++) peak = Math.max(peak, measured.peaks[n]);
    const tall = Math.max(2, peak * (height - 4));
    context.beginPath();
    context.roundRect((bar * width) / bars, (height - tall) / 2, 2, tall, 1);
    context.fill();
  }
}

/** Draws the spectrogram in the ramp of the theme. */
export function drawSpectrogram(canvas, measured) {
  const { columns, levels: strengths } = measured;
  const ramp = palette(theme("--ramp")[0].split(","));
  const small = document.createElement("canvas");
  [small.width, small.height] = [columns, ROWS];
  const pixels = new ImageData(columns, ROWS);
  const words = new Uint32Array(pixels.data.buffer);
  strengths.forEach((strength, place) => {
    words[place] = ramp[Math.round(255 * strength)];
  });
  small.getContext("2d").putImageData(pixels, 0, 0);
  const { context, width, height } = prepare(canvas);
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, width, height);
}

/** 256 colours between some, as ImageData has them. */
function palette(colours) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [256, 1];
  const context = canvas.getContext("2d");
  const gradient = context.createLinearGradient(0, 0, 256, 0);
  colours.forEach((colour, place) =>
    gradient.addColorStop(place / (colours.length - 1), colour.trim()),
  );
  context.fillStyle = gradient;
  context.fillRect(0, 0, 256, 1);
  const made = context.getImageData(0, 0, 256, 1).data;
  return new Uint32Array(made.buffer);
}
