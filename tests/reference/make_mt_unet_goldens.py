"""Makes tests/golden/mt_unet.safetensors: one training step of a narrow MT-UNet, as make_network_goldens.py has it of the
other networks. Its maps of 12, 6 and 3 tokens are 3, 2 and 1 windows wide, the last two padded.

    python tests/reference/make_mt_unet_goldens.py [OUTPUT]
"""

import sys
from pathlib import Path

from golden_file import Goldens
from make_network_goldens import add_training_step, blobs
from mt_unet import MTUNet

TINY = {"side": 96, "width": 2, "blocks": 1, "heads": 2, "slots": 6}


def main():
    default = Path(__file__).resolve().parents[1] / "golden" / "mt_unet.safetensors"
    goldens = Goldens()
    add_training_step(goldens, "mt_unet", lambda: MTUNet(classes=4, **TINY), *blobs("mt_unet", (2, 96), 4))
    goldens.write(sys.argv[1] if len(sys.argv) > 1 else default)


if __name__ == "__main__":
    main()
