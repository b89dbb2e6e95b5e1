"""Makes tests/golden/cs_unet_parts.safetensors: one training step of each feed-forward module of CS-Unet's studies, alone,
and of a narrow CS-Unet most of whose parts are linear, as make_network_goldens.py has it of the other networks.

    python tests/reference/make_cs_unet_parts_goldens.py [OUTPUT]
"""

import sys
from pathlib import Path

from cs_unet_parts import ForwardAlone, MixedCSUNet
from golden_file import Goldens
from make_network_goldens import add_training_step, blobs

TINY = {"grid": 16, "dim": 6, "heads": (1, 2, 4, 8), "window": 2, "depth": 1, "stochastic": False}


def main():
    default = Path(__file__).resolve().parents[1] / "golden" / "cs_unet_parts.safetensors"
    goldens = Goldens()
    for kind in ("convolution", "residual", "pre-activation", "resnext"):
        add_training_step(goldens, kind, lambda: ForwardAlone(6, kind), *blobs(kind, (2, 16), 6))
    add_training_step(goldens, "mixed", lambda: MixedCSUNet(classes=4, **TINY), *blobs("mixed", (1, 64), 4))
    goldens.write(sys.argv[1] if len(sys.argv) > 1 else default)


if __name__ == "__main__":
    main()
