"""Follow-up questions without a language model: "and when?" becomes a whole question.

    lexicon       the word lists of `prompts/followups.json`, by key
    cases         case endings of names in Russian, Azerbaijani and Turkish
    mentions      names, dates and events that a text speaks of
    leaning       how a question leans on what came before, if it does
    context       what the conversation has spoken of, the latest first
    carry         the candidate completions
    conversation  the state of a conversation; the choice between candidates

This package must not know the service, only the protocol of what answers one question.
"""

from __future__ import annotations

from qa.chat.context import Turn
from qa.chat.conversation import Asker, Conversation, Exchange, understand

__all__ = ["Asker", "Conversation", "Exchange", "Turn", "understand"]
