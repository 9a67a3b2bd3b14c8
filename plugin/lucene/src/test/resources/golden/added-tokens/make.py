"""Writes cases.jsonl: random texts with added tokens, as Hugging Face's tokenizers 0.23.2 encode them.

    pip install tokenizers==0.23.2 && python make.py

One line a tokenizer: its tokenizer.json and texts with their ids, without special tokens."""

import json
import random

from tokenizers import AddedToken, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece

TOKENIZERS, TEXTS = 8, 40
CHARACTERS = list(
    "abcdeABCDE  \t12.,-[]#éÉçñïİßﬁΣςšŠ中国日가각한ｱ\u0301\u0308\u0323\u302e\u302f\u200b\u00a0\u2028\u3000\u0007\ufffd"
    "😀𝔸𐐀\u1e9b\u0344\u1100\u1161\u11a8\u212b\U0001d165\U0001d16d"
)
PARTS = [
    "fintech", "FinTech", "covid", "co", "[PRODUCT]", "[pro", "ab", "abc", "bc d", "c d", "中国", "éa", "é", "new york",
    "É", " x", "İ", "각", "ﬁ", "#a", "##a", "\u0301a", "a\u0301",
]
random.seed(16)


def text(longest):
    return "".join(random.choice(CHARACTERS) for _ in range(random.randint(1, longest)))


def tokenizer():
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    for c in "abcdefhinorstwyABCDE012.,-[]#éçñïßςσš中国日가각한ｱ😀𝔸𐐨\u1100\u1161\u11a8":
        pieces += [c, "##" + c]
    pieces += ["fin", "##tech", "ab", "##bc", "york", "new"]
    lower, accents = random.choice([True, True, False]), random.choice([None, None, True, False])
    normalizer = normalizers.BertNormalizer(True, random.choice([True, True, False]), accents, lower)
    made = Tokenizer(WordPiece({piece: id for id, piece in enumerate(pieces)}, unk_token="[UNK]"))
    made.normalizer = normalizer
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    strips = random.random() < 0.3
    added = []
    for content in dict.fromkeys(random.sample(PARTS, 5) + [text(3)]):
        if normalizer.normalize_str(content) and not (strips and content != content.strip()):
            added.append(
                AddedToken(
                    content,
                    normalized=random.choice([True, False]),
                    lstrip=strips and random.choice([True, False]),
                    rstrip=strips and random.choice([True, False]),
                )
            )
    made.add_tokens(added)
    return made, [token.content for token in added]


with open("cases.jsonl", "w", encoding="ascii") as file:
    for _ in range(TOKENIZERS):
        made, added = tokenizer()
        texts = []
        for _ in range(TEXTS):
            parts = [text(6), random.choice(PARTS), random.choice(PARTS).upper(), random.choice(added), " "]
            one = "".join(random.choice(parts) for _ in range(random.randint(1, 9)))
            texts.append({"text": one, "ids": made.encode(one, add_special_tokens=False).ids})
        file.write(json.dumps({"tokenizer": json.loads(made.to_str()), "texts": texts}) + "\n")
