"""Makes tests/golden/batformer.safetensors: one training step of a narrow BATFormer, as make_network_goldens.py has it of
the other networks, with its side outputs. 11 windows of 8x8 pixels are chosen among 169 places in a map of 32x32, of
which some overlap; the map at an eighth has 4x4 tokens of 2x2 pixels.

    python tests/reference/make_batformer_goldens.py [OUTPUT]
"""

import sys
from pathlib import Path

from batformer import BATFormer
from golden_file import Goldens
from make_network_goldens import add_training_step, blobs

TINY = {"side": 64, "base": 4, "global_heads": 2, "global_channels": 6, "local_heads": 3, "local_channels": 5,
        "window": 8, "dropout": 0.0}


def main():
    default = Path(__file__).resolve().parents[1] / "golden" / "batformer.safetensors"
    goldens = Goldens()
    add_training_step(goldens, "batformer", lambda: BATFormer(classes=4, **TINY), *blobs("batformer_12", (2, 64), 4))
    goldens.write(sys.argv[1] if len(sys.argv) > 1 else default)


if __name__ == "__main__":
    main()
