#!/usr/bin/env python3
"""Times Hugging Face's ELECTRA in PyTorch on the step that 'electra bench pretrain' times: the peer, not a part of us.

usage: hugging_face_step.py [--size small|base|tiny] [--steps 2] [--threads 2] [--precision fp32|bf16] [--gathered]
                            [--device cpu|cuda] [--compile]

Prints "ready", then reads lines from standard input; for each it makes --steps steps and prints one JSON line with tokensPerSecond. So two
processes can be asked in turn. The step: floor(0.15 x 128) positions a sequence are masked, the generator's logits give
a sample each by Gumbel noise, the discriminator judges all positions; loss = G + 50 D; clipped to 1; fused AdamW.
--gathered computes the language model's head at the masked positions alone, which Hugging Face does not. --compile
puts torch.compile around both encoders.
"""
import argparse
import json
import sys
import time

import torch
from torch.nn import functional
from transformers import ElectraConfig, ElectraForMaskedLM, ElectraForPreTraining

VOCABULARY, MASK = 30522, 103
# Hidden size, layers, heads, hidden size of the generator, embedding size.
SIZES = {"base": (768, 12, 12, 256, 768), "small": (256, 12, 4, 64, 128), "tiny": (128, 4, 2, 64, 128)}


def config(hidden, layers, heads, embedding):
    return ElectraConfig(
        vocab_size=VOCABULARY, embedding_size=embedding, hidden_size=hidden, num_hidden_layers=layers,
        num_attention_heads=heads, intermediate_size=4 * hidden, hidden_dropout_prob=0.1,
        attention_probs_dropout_prob=0.1)


class Step:
    def __init__(self, arguments):
        self.batch, self.length = arguments.batch_size, arguments.sequence_length
        self.bf16, self.gathered = arguments.precision == "bf16", arguments.gathered
        self.device = arguments.device
        hidden, layers, heads, small, embedding = SIZES[arguments.size]
        self.generator = ElectraForMaskedLM(config(small, layers, max(1, small // 64), embedding))
        self.discriminator = ElectraForPreTraining(config(hidden, layers, heads, embedding))
        theirs, shared = self.generator.electra.embeddings, self.discriminator.electra.embeddings
        for table in ("word_embeddings", "position_embeddings", "token_type_embeddings"):
            setattr(theirs, table, getattr(shared, table))
        self.generator.tie_weights()
        self.generator.to(self.device)
        self.discriminator.to(self.device)
        self.parameters = list({id(p): p for m in (self.generator, self.discriminator) for p in m.parameters()}.values())
        self.optimizer = torch.optim.AdamW(self.parameters, lr=5e-4, eps=1e-6, weight_decay=0.01, fused=True)
        self.generator.train()
        self.discriminator.train()
        if arguments.compile:
            self.generator.electra.compile()
            self.discriminator.electra.compile()

    def logits(self, shown, positions):
        if not self.gathered:
            return self.generator(shown).logits.flatten(0, 1)[positions]
        hidden = self.generator.electra(shown).last_hidden_state.flatten(0, 1)[positions]
        return self.generator.generator_lm_head(self.generator.generator_predictions(hidden))

    def __call__(self):
        ids = torch.randint(VOCABULARY, (self.batch, self.length), device=self.device)
        count = int(0.15 * self.length)
        chosen = torch.rand(self.batch, self.length, device=self.device).topk(count, dim=1).indices
        positions = (chosen + self.length * torch.arange(self.batch, device=self.device).unsqueeze(1)).flatten()
        shown = ids.flatten().clone()
        shown[positions] = MASK
        with torch.autocast(self.device, torch.bfloat16, enabled=self.bf16):
            logits = self.logits(shown.view_as(ids), positions).float()
            generator_loss = functional.cross_entropy(logits, ids.flatten()[positions])
            with torch.no_grad():
                noise = torch.empty_like(logits).exponential_()
                corrupted = ids.flatten().clone()
                corrupted[positions] = (logits.detach() - noise.log()).argmax(-1)
                corrupted = corrupted.view_as(ids)
            judged = self.discriminator(corrupted).logits.float()
        loss = generator_loss + 50 * functional.binary_cross_entropy_with_logits(judged, corrupted.ne(ids).float())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--sequence-length", type=int, default=128)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--gathered", action="store_true")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--compile", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    step = Step(arguments)
    for _ in range(3 if arguments.device == "cuda" else 1):
        step().item()
    if arguments.device == "cuda":
        torch.cuda.empty_cache()
    print("ready", flush=True)
    for _ in sys.stdin:
        step().item()
        start = time.perf_counter()
        for _ in range(arguments.steps):
            loss = step()
        loss.item()
        tokens = arguments.steps * arguments.batch_size * arguments.sequence_length
        print(json.dumps({"tokensPerSecond": round(tokens / (time.perf_counter() - start), 1)}), flush=True)
        if arguments.device == "cuda":
            torch.cuda.empty_cache()  # for the others, until the next line


if __name__ == "__main__":
    main()
