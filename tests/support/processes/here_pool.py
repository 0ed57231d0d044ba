"""Converts in this process, where it is not the processes that are tested."""

from pipelines.prepare.wav_conversion import convert_worker


class HerePool:
    """Takes the place of `convert._Pool`: one file after the other."""

    def __init__(self, processes, settings, wav_folder, waiting):
        sample_rate_hz, _, *rest = settings
        self._options = (sample_rate_hz, *rest)
        self._folder, self._waiting = wav_folder, waiting

    def results(self):
        for track_id, source in self._waiting:
            part = self._folder / f".{track_id}.part"
            answer = convert_worker.convert(source, str(part), *self._options)
            yield track_id, part, answer
