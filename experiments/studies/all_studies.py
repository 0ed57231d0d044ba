"""The studies, one entry each: a question, its control, and what differs.

A study of your own is an entry here: the changes are settings by their names,
as `python -m experiments.run_baseline --help` lists them.
"""

from experiments.studies.study import Arm, Study
from tftag.pretrained import published_taggers

# The form of the loss, under the reference experiment's SGD.
_FORMS = {
    "with logits": "bce",
    "sigmoid": "sigmoid_bce",
    "sigmoid, unclipped": "sigmoid_bce_unclipped",
}
_UNVARIED = {"mel_masks": 0, "time_masks": 0, "mixup_alpha": 0.0}
_FROM_SCRATCH = "from scratch"
_FROZEN = "frozen"
# A clip is one patch, so that scoring sees what fine-tuning sees.
_ONE_BODY = {
    "init_from": "msd_musicnn",
    "members": 1,
    "head_components": 200,
    "clip_seconds": published_taggers.AUDIO.clip_seconds,
    "patch_frames": 0,
    "average_with": "",
}

STUDIES: dict[str, Study] = {
    "loss": Study(
        "Does another loss rank tags better than cross-entropy with logits?",
        (
            Arm("bce"),
            Arm("sigmoid_bce", {"loss": "sigmoid_bce"}),
            Arm("focal", {"loss": "focal"}),
        ),
    ),
    "reference_loss": Study(
        "Is a sigmoid before the cross-entropy unstable under the reference "
        "experiment's SGD?",
        tuple(
            Arm(
                f"{form}, {rate:g}",
                {"loss": loss, "learning_rate": rate, "trace_logits": True},
            )
            for rate in (0.001, 1.0)
            for form, loss in _FORMS.items()
        ),
        preset="seed",
    ),
    "optimizer": Study(
        "How much is the optimiser worth beside the reference's SGD?",
        (
            Arm("AdamW .004"),
            Arm("AdamW .001", {"learning_rate": 1e-3}),
            Arm("AdamW .012", {"learning_rate": 1.2e-2}),
            Arm(
                "momentum .05",
                {
                    "optimizer": "momentum",
                    "learning_rate": 0.05,
                    "weight_decay": 0.0,
                },
            ),
            *(
                Arm(
                    f"SGD {rate:g}, constant",
                    {
                        "optimizer": "sgd",
                        "learning_rate": rate,
                        "schedule": "constant",
                        "weight_decay": 0.0,
                    },
                )
                for rate in (0.001, 1.0)
            ),
        ),
    ),
    "spectrogram": Study(
        "Which frames, bands and compression?",
        (
            Arm("hop 1,024"),
            Arm("hop 512", {"hop_samples": 512}),
            Arm("window 2,048", {"window_samples": 2_048}),
            Arm("96 bands, 6 blocks", {"mel_bands": 96, "blocks": 6}),
            Arm("log10(1 + 10,000 x)", {"compression": "log10"}),
            Arm("floor 1e-7", {"log_floor": 1e-7}),
        ),
    ),
    "network": Study(
        "How deep, how wide, and what makes one vector of a clip?",
        (
            Arm("7 blocks, 1/8"),
            Arm("5 blocks", {"blocks": 5}),
            Arm("width 1/16", {"width": 0.0625}),
            Arm("average pooling", {"pooling": "average"}),
            Arm("width 1/4", {"width": 0.25}),
        ),
    ),
    "clips": Study(
        "How long a clip?",
        (
            Arm("10 s"),
            Arm("5 s", {"clip_seconds": 5.0, "clip_step_seconds": 2.5}),
            Arm("20 s", {"clip_seconds": 20.0, "clip_step_seconds": 10.0}),
        ),
    ),
    "tag_weights": Study(
        "Does weighting help tags that are predicted badly?",
        (
            Arm("none"),
            Arm("by frequency", {"tag_weights": "frequency"}),
            Arm("adaptive", {"tag_weights": "adaptive", "score_every": 2}),
            Arm("rare tags drawn more often", {"tag_balance": 0.5}),
        ),
        preset="transfer",
    ),
    "augmentation": Study(
        "Which variation of the training clips pays?",
        (
            Arm("masks, mixup .2"),
            Arm("nothing", _UNVARIED),
            Arm("masks alone", {"mixup_alpha": 0.0}),
            Arm("mixup alone", {**_UNVARIED, "mixup_alpha": 0.2}),
        ),
    ),
    "head": Study(
        "What pays in the head on published taggers?",
        (
            Arm("the preset"),
            Arm("1 hidden layer", {"head_members": 1}),
            Arm("2 hidden layers", {"head_members": 2}),
            Arm("8 hidden layers", {"head_members": 8}),
            Arm("no principal components", {"head_components": 0}),
            Arm("no tag sharing", {"tag_sharing": 0.0}),
            Arm("no mixup", {"mixup_alpha": 0.0}),
            Arm("no dropout", {"dropout": 0.0, "head_dropout": 0.0}),
            Arm("focal", {"loss": "focal"}),
        ),
        preset="transfer",
    ),
    "descriptors": Study(
        "How are rhythm and harmony best described, and learned?",
        (
            Arm("the preset"),
            Arm("patches of 2 s", {"patch_frames": 32}),
            Arm("patches of 8 s", {"patch_frames": 128}),
            Arm("hop 512", {"hop_samples": 512, "patch_frames": 128}),
            Arm("1 hidden layer", {"head_members": 1}),
            Arm("no principal components", {"head_components": 0}),
            Arm("no tag sharing", {"tag_sharing": 0.0}),
            Arm("no mixup", {"mixup_alpha": 0.0}),
        ),
        preset="descriptors",
    ),
    "members": Study(
        "What do networks side by side add?",
        (
            Arm("1"),
            Arm("2", {"members": 2}),
            Arm("4", {"members": 4}),
            Arm("4, two blocks shared", {"members": 4, "shared_blocks": 2}),
        ),
    ),
    "recordings": Study(
        "How does quality grow with the number of recordings?",
        (
            Arm("all"),
            *(
                Arm(f"{share:.0%}", train_share=share)
                for share in (0.7, 0.5, 0.3, 0.1)
            ),
        ),
        preset="transfer",
    ),
    "transfer": Study(
        "What is a pretrained start worth, with many labels and with few?",
        tuple(
            Arm(
                f"{title}, {share:.0%}",
                {"average_with": ""},
                preset=preset,
                train_share=share,
            )
            for share in (1.0, 0.3, 0.1)
            for title, preset in ((_FROM_SCRATCH, ""), (_FROZEN, "transfer"))
        ),
    ),
    "fine_tuning": Study(
        "Does a published body gain from learning too, once its head is "
        "trained?",
        (
            Arm(_FROZEN, _ONE_BODY),
            Arm(
                "last 4 layers",
                {**_ONE_BODY, "fine_tune_epochs": 6, "fine_tune_layers": 4},
            ),
            Arm(
                "last 4 layers, weights averaged",
                {
                    **_ONE_BODY,
                    "fine_tune_epochs": 6,
                    "fine_tune_layers": 4,
                    "average_decay": 0.98,
                },
            ),
            Arm(
                "all, decay .7",
                {**_ONE_BODY, "fine_tune_epochs": 3, "layer_decay": 0.7},
            ),
        ),
        preset="transfer",
    ),
}
