#!/usr/bin/env python3
"""LlamaGen in lgc and in the reference's PyTorch code, on one machine in one run.

    python3 examples/peer/compare.py --reference LlamaGen                       # the CPU: B, one image with guidance
    python3 examples/peer/compare.py --reference LlamaGen --sizes B,L,XL --tokens 256,576 --images 8 \
        --device cuda --lgc-device tornado --compile                            # a GPU

Needs PyTorch, and a clone of github.com/FoundationVision/LlamaGen. Both draw their weights at random: what is compared is
time. Rounds alternate between the two, so that whatever else the machine does meets both; the least of the rounds counts.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

import torch

LGC = pathlib.Path(__file__).resolve().parents[2] / "lgc"


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--reference", required=True, help="folder of the reference's clone")
    p.add_argument("--what", default="sample,train", help="sample, train, or both")
    p.add_argument("--sizes", default="B", help="scales: B,L,XL,XXL,3B")
    p.add_argument("--tokens", default="256", help="codes of an image: 256,576")
    p.add_argument("--images", type=int, default=1, help="images sampled at once, each with its guidance row")
    p.add_argument("--batch", type=int, default=8, help="images of a training step")
    p.add_argument("--device", default="cpu", help="PyTorch's device")
    p.add_argument("--lgc-device", default="cpu", help="lgc's device")
    p.add_argument("--compile", action="store_true", help="also time the reference under torch.compile")
    p.add_argument("--rounds", type=int, default=2)
    p.add_argument("--seconds", type=float, default=3, help="how long lgc measures each step")
    return p.parse_args()


def lgc(a, size, tokens, training):
    side = int(tokens**0.5) * 16
    command = [str(LGC), "bench", "llamagen", "-m", "ClassToImage", "-p", f"size={size}", "-p", f"image={side}"]
    command += ["--batch", str(a.batch if training else a.images), "--for", "training" if training else "using"]
    command += ["--seconds", str(a.seconds), "--device", a.lgc_device, "--json"]
    steps = "next_token.gradients,next_token.update" if training else "codes.prefill,codes.step"
    out = subprocess.run(command + ["--step", steps], check=True, capture_output=True, text=True).stdout
    bench = json.loads(out)
    times = {s["step"]: s["seconds"] for s in bench["steps"]}
    least = {s["step"]: s["least_seconds"] for s in bench["steps"]}
    first, second = steps.split(",")
    n = 1 if training else tokens - 1
    return times[first] + n * times[second], least[first] + n * least[second]


def synchronised(device, f):
    if device != "cpu":
        torch.cuda.synchronize()
    start = time.perf_counter()
    f()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def reference(a, size, tokens, training, compiled):
    from autoregressive.models.gpt import GPT_models
    from autoregressive.models.generate import generate

    torch.manual_seed(0)
    model = GPT_models[f"GPT-{size}"](vocab_size=16384, block_size=tokens, num_classes=1000, cls_token_num=1)
    model = model.to(a.device)
    if training:
        model.train()
        step = torch.compile(model) if compiled else model
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.05)
        codes = torch.randint(0, 16384, (a.batch, tokens), device=a.device)
        label = torch.randint(0, 1000, (a.batch,), device=a.device)

        def run():
            _, loss = step(cond_idx=label, idx=codes[:, :-1], targets=codes)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
    else:
        model.eval()
        if compiled:
            model.forward = torch.compile(model.forward, mode="reduce-overhead", fullgraph=True)
        label = torch.randint(0, 1000, (a.images,), device=a.device)

        def run():
            generate(model, label, tokens, cfg_scale=4.0, cfg_interval=-1, temperature=1.0, top_k=2000, top_p=1.0,
                     sample_logits=True)

    return run


def main():
    a = arguments()
    sys.path.insert(0, a.reference)
    # The reference names PyTorch's CUDA kernels even where there is no CUDA.
    for size in a.sizes.split(","):
        for tokens in map(int, a.tokens.split(",")):
            for what in a.what.split(","):
                training = what == "train"
                variants = {"eager": False} | ({"compiled": True} if a.compile else {})
                runs = {name: reference(a, size, tokens, training, c) for name, c in variants.items()}
                ours, floor, theirs = [], [], {name: [] for name in runs}
                for i in range(a.rounds):
                    t, least = lgc(a, size, tokens, training)
                    ours.append(t)
                    floor.append(least)
                    for name, run in runs.items():
                        if i == 0 and (name == "compiled" or a.device != "cpu"):
                            run()  # compiles, fills caches
                        theirs[name].append(synchronised(a.device, run))
                best = min(ours)
                rows = f"{a.batch} images" if training else f"{a.images} images with guidance"
                print(f"{what} {size}, {tokens} codes, {rows}: lgc {best:.3f} s, {100 * min(floor) / best:.0f} % of its limit", end="")
                for name, times in theirs.items():
                    print(f"; PyTorch {name} {min(times):.3f} s, {min(times) / best:.2f} times lgc's", end="")
                print(flush=True)


if __name__ == "__main__":
    main()
