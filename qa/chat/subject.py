"""Whether a question that names nothing is about what was spoken of, or about the world.

"How many documents are expected?" leans on the meeting before it, "How does photosynthesis work?"
does not, and no rule of grammar tells them apart. The encoder does: such a question is nearer to
the last question and its quote than questions about the world are, or it is not. Both sides are
measured on a few questions of the same language, because an encoder's cosines lie in another band
for each language and model.

This module must not know how a question is completed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embeddings.encoder import Encoder
from qa.chat.lexicon import Lexicon

__all__ = ["changes_subject"]


def changes_subject(text: str, told: Sequence[str], words: Lexicon, encoder: Encoder) -> bool:
    """Whether `text` is about something else than the texts `told` just before it."""
    asked = encoder.encode_questions([text, *words.follow_ups, *words.world])
    cosines = (asked @ encoder.encode_passages(list(told)).T).mean(axis=1)
    split = 1 + len(words.follow_ups)
    leaning, general = float(cosines[1:split].mean()), float(cosines[split:].mean())
    alike = asked[1:] @ asked[0]
    nearer = float(
        np.sort(alike[: split - 1])[-2:].mean() - np.sort(alike[split - 1 :])[-2:].mean()
    )
    return float(cosines[0]) - (leaning + general) / 2 + nearer < 0
