// Records from the microphone into a WAV file, which every server can read.

import { Trouble } from "../api.js";

const LONGEST_SECONDS = 5 * 60;
const UNUSABLE = "The microphone cannot be used.";

/**
 * Starts to record.
 * @param {function(number, number): void} heard is told the peak of a moment,
 *   0 to 1, and the seconds so far.
 * @param {function(): void} full is called when no more can be taken.
 * @returns {{stop: function(): Blob}}
 * @throws {Trouble} There is no microphone, or it may not be used.
 */
export async function record(heard, full) {
  const stream = await open();
  const context = new AudioContext();
  const end = () => {
    stream.getTracks().forEach((track) => track.stop());
    context.close();
  };
  let capture;
  try {
    const module = new URL("capture.js", import.meta.url);
    await context.audioWorklet.addModule(module);
    capture = new AudioWorkletNode(context, "capture", {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: "explicit",
    });
    context.createMediaStreamSource(stream).connect(capture);
    await context.resume();
  } catch {
    end();
    throw new Trouble(UNUSABLE);
  }
  const rate = context.sampleRate;
  const blocks = [];
  let count = 0;
  capture.port.onmessage = ({ data }) => {
    if (count >= LONGEST_SECONDS * rate) return full();
    blocks.push(data);
    count += data.length;
    heard(
      data.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0),
      count / rate,
    );
  };
  return {
    stop() {
      capture.port.onmessage = null;
      end();
      return wav(blocks, count, rate);
    },
  };
}

async function open() {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Trouble(
      "This browser gives a microphone only to pages from localhost or over " +
        "https.",
    );
  }
  try {
    // What cleans up speech spoils music.
    return await navigator.mediaDevices.getUserMedia({
      audio: {
        echoCancellation: false,
        noiseSuppression: false,
        autoGainControl: false,
      },
    });
  } catch (error) {
    throw new Trouble(
      {
        NotAllowedError:
          "The microphone may not be used. Allow it for this page in the " +
          "browser's settings.",
        NotFoundError: "There is no microphone.",
        NotReadableError: "The microphone is in use by another program.",
      }[error.name] ?? UNUSABLE,
    );
  }
}

function wav(blocks, count, rate) {
  const bytes = new DataView(new ArrayBuffer(44 + 2 * count));
  const text = (place, word) =>
    [...word].forEach((letter, n) =>
      bytes.setUint8(place + n, letter.charCodeAt(0)),
    );
  text(0, "RIFF");
  bytes.setUint32(4, 36 + 2 * count, true);
  text(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true); // PCM
  bytes.setUint16(22, 1, true); // channels
  bytes.setUint32(24, rate, true);
  bytes.setUint32(28, 2 * rate, true);
  bytes.setUint16(32, 2, true);
  bytes.setUint16(34, 16, true);
  text(36, "data");
  bytes.setUint32(40, 2 * count, true);
  let place = 44;
  for (const block of blocks) {
    for (const sample of block) {
      const whole = Math.round(32_767 * Math.max(-1, Math.min(1, sample)));
      bytes.setInt16(place, whole, true);
      place += 2;
    }
  }
  return new Blob([bytes], { type: "audio/wav" });
}
