#!/usr/bin/env python3
"""LlamaGen in lgc and in the reference's PyTorch code, on one machine in one run.

    python3 examples/peer/compare.py --reference LlamaGen          # the CPU: B, one image with guidance
    python3 examples/peer/compare.py --reference LlamaGen --gpu    # a GPU: B, L and XL, 16x16 and 24x24 codes,
                                                                   # 8 images with guidance (16 rows), tuned

Needs PyTorch, and a clone of github.com/FoundationVision/LlamaGen; for a GPU also TornadoVM (TORNADOVM_HOME). Both draw their
weights at random: what is compared is time. Rounds alternate between the two, so that whatever else the machine does meets
both; the least of the rounds counts. The floor is what the device cannot do faster: reading and writing every byte once that
a step must (sampling), or that and all its operations, whichever takes longer (training).
"""

import argparse
import gc
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
    p.add_argument("--gpu", action="store_true", help="the whole comparison: --sizes B,L,XL --tokens 256,576 --images 8 --device cuda"
                   " --lgc-device tornado --compile --tune 600, where not given otherwise")
    p.add_argument("--what", default="sample,train", help="sample, train, or both")
    p.add_argument("--sizes", help="scales: B,L,XL,XXL,3B; B by default")
    p.add_argument("--tokens", help="codes of an image: 256,576; 256 by default")
    p.add_argument("--images", type=int, help="images sampled at once, each with its guidance row; 1 by default")
    p.add_argument("--batch", type=int, default=8, help="images of a training step; 8 by default")
    p.add_argument("--device", help="PyTorch's device; cpu by default")
    p.add_argument("--lgc-device", help="lgc's device; cpu by default")
    p.add_argument("--weights-type", default="f32", help="how lgc holds the weights it samples with: f32, bf16, int8; f32 by default")
    p.add_argument("--dtype", default="float32", help="in what PyTorch samples: float32, bfloat16; float32 by default")
    p.add_argument("--compile", action="store_true", help="also time the reference under torch.compile")
    p.add_argument("--tune", type=float, help="seconds that lgc tunes the kernels of each configuration; 0 by default")
    p.add_argument("--limits", help="of the device: GFLOP/s,GB/s; measured by default, by lgc on the CPU, else by PyTorch")
    p.add_argument("--rounds", type=int, default=2)
    p.add_argument("--seconds", type=float, default=3, help="how long lgc measures each step")
    a = p.parse_args()
    cpu = {"sizes": "B", "tokens": "256", "images": 1, "device": "cpu", "lgc_device": "cpu", "tune": 0}
    gpu = {"sizes": "B,L,XL", "tokens": "256,576", "images": 8, "device": "cuda", "lgc_device": "tornado", "tune": 600}
    for name, value in (gpu if a.gpu else cpu).items():
        if getattr(a, name) is None:
            setattr(a, name, value)
    a.compile |= a.gpu
    return a


def limits(a):
    """What lgc holds its times against: GFLOP/s,GB/s."""
    if a.limits or a.lgc_device == "cpu":
        return a.limits or "measured"
    if a.device == "cpu":
        sys.exit("compare.py: lgc computes on " + a.lgc_device + " and PyTorch on the CPU: --limits GFLOP/s,GB/s says what the"
                 " device can do")
    x = torch.rand(8192, 8192, device=a.device)
    block = torch.empty(1 << 28, device=a.device)
    other = torch.empty_like(block)
    flops = 2 * 8192**3 / min(synchronised(a.device, lambda: x @ x) for _ in range(10))
    moved = 2 * block.nbytes / min(synchronised(a.device, lambda: other.copy_(block)) for _ in range(10))
    return f"{flops * 1e-9:.0f},{moved * 1e-9:.0f}"


def lgc(a, size, tokens, training, held, tune):
    """Seconds of lgc, and the floor under them."""
    side = int(tokens**0.5) * 16
    command = [str(LGC), "bench", "llamagen", "-m", "ClassToImage", "-p", f"size={size}", "-p", f"image={side}"]
    command += ["--batch", str(a.batch if training else a.images), "--for", "training" if training else "using"]
    command += ["--seconds", str(a.seconds), "--device", a.lgc_device, "--limits", held, "--json"]
    command += ["--tune", str(tune)] if tune else []
    command += [] if training else ["--weights-type", a.weights_type]
    first, second = steps = ["next_token.gradients", "next_token.update"] if training else ["codes.prefill", "codes.step"]
    run = subprocess.run(command + ["--step", ",".join(steps)], stdout=subprocess.PIPE, text=True)
    if run.returncode != 0:
        sys.exit("compare.py: lgc could not run: " + " ".join(command))
    bench = json.loads(run.stdout)
    of = {s["step"]: s for s in bench["steps"]}
    n = 1 if training else tokens - 1

    def whole(value):
        return value(of[first]) + n * value(of[second])

    bytes_per_second = bench["gigabytes_per_second"] * 1e9
    floor = whole(lambda s: s["least_seconds"] if training else s["bytes"] / bytes_per_second)
    return whole(lambda s: s["seconds"]), floor


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
        model.eval().to(getattr(torch, a.dtype))
        if compiled:
            model.forward = torch.compile(model.forward, mode="reduce-overhead", fullgraph=True)
        label = torch.randint(0, 1000, (a.images,), device=a.device)

        def run():
            generate(model, label, tokens, cfg_scale=4.0, cfg_interval=-1, temperature=1.0, top_k=2000, top_p=1.0,
                     sample_logits=True)

    return run


def compare(a, size, tokens, training, held):
    """Times both, and prints a row of the table."""
    variants = {"eager": False} | ({"compiled": True} if a.compile else {})
    runs = {name: reference(a, size, tokens, training, c) for name, c in variants.items()}
    ours, floors, theirs = [], [], {name: [] for name in runs}
    for i in range(a.rounds):
        seconds, floor = lgc(a, size, tokens, training, held, a.tune if i == 0 else 0)
        ours.append(seconds)
        floors.append(floor)
        for name, run in runs.items():
            if i == 0 and (name == "compiled" or a.device != "cpu"):
                run()  # compiles, fills caches
            theirs[name].append(synchronised(a.device, run))
    what = f"training step, {a.batch} images" if training else f"sampling, {a.images} images with guidance"
    floor, best = min(floors), min(ours)
    cells = [f"{size}, {tokens} codes, {what}", f"{floor:.3f}", f"{best:.3f} ({100 * floor / best:.0f} %)"]
    for times in theirs.values():
        cells.append(f"{min(times):.3f} ({100 * floor / min(times):.0f} %, {min(times) / best:.2f} times lgc's)")
    print("| " + " | ".join(cells) + " |", flush=True)


def main():
    a = arguments()
    sys.path.insert(0, a.reference)
    held = limits(a)
    held_by = "lgc" if held == "measured" else "given" if a.limits else "PyTorch"
    print(f"PyTorch {torch.__version__} on {a.device}, lgc on {a.lgc_device}; limits (GFLOP/s,GB/s): {held} ({held_by})\n")
    columns = ["", "floor, s", "lgc, s (of the floor)", "PyTorch eager"] + (["PyTorch compiled"] if a.compile else [])
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns), flush=True)
    for size in a.sizes.split(","):
        for tokens in map(int, a.tokens.split(",")):
            for what in a.what.split(","):
                compare(a, size, tokens, what == "train", held)
                gc.collect()
                torch._dynamo.reset()  # it gives up on a function that it compiled for eight models
                if a.device != "cpu":
                    torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
