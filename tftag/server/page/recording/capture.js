// Runs beside the page: hands on what the microphone gives.

registerProcessor(
  "capture",
  class extends AudioWorkletProcessor {
    process([[samples]]) {
      if (samples) this.port.postMessage(samples.slice());
      return true;
    }
  },
);
