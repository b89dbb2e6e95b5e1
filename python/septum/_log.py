"""Logs of training runs."""

import json
import os
from pathlib import Path
from typing import Any, Dict, Iterator, Optional, Union


def log(run: Union[str, os.PathLike], event: Optional[str] = None) -> Iterator[Dict[str, Any]]:
    """The events of RUN/log.jsonl in their order, of one kind or of all: start, train, validation, decision, finish, ...
    A line that the run has not finished yet is left out."""
    with open(Path(run) / "log.jsonl", encoding="utf-8") as lines:
        for line in lines:
            if not line.endswith("\n"):
                return
            entry = json.loads(line)
            if event is None or entry.get("event") == event:
                yield entry
