"""Texts that text functions stumble over, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

ODD = st.one_of(
    st.text(max_size=120),
    st.text(
        alphabet="aIİıiə\u0307e\u0301й\u0306ё\u0308ﬁßǅ👨\u200d👩\u200d🇦🇿漢한\u1100\u1161\u00ad\ufeff"
        ".!?…«»\"'’—-(),12 \t\r\n\u2028\u0085\u00a0",
        max_size=120,
    ),
    st.lists(
        st.sampled_from(
            [
                *(
                    "Bayramov",
                    "İ.",
                    "J.",
                    "Prof.",
                    "dedi.",
                    "сказал",
                    "г.",
                    "3.",
                    "млн.",
                    "News.Az",
                ),
                *(
                    "peace.Azerbaijan",
                    "— ",
                    "«Да!»",
                    "\r\n",
                    "\n\n",
                    "\n",
                    " ",
                    " ",
                    " ",
                    "U.S.",
                    "Ə",
                ),
            ]
        ),
        max_size=40,
    ).map("".join),
)
