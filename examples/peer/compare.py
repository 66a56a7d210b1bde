#!/usr/bin/env python3
"""LlamaGen in lgc and in the reference's PyTorch code, on one machine in one run.

    python3 examples/peer/compare.py --reference LlamaGen          # the CPU: B, one image and eight with guidance; a training
                                                                   # step; the tokenizer VQ16; all in f32 and bf16
    python3 examples/peer/compare.py --reference LlamaGen --what decode --precisions bf16 --pictures 1
    python3 examples/peer/compare.py --reference LlamaGen --gpu    # a GPU: B, L and XL, 16x16 and 24x24 codes,
                                                                   # 8 images with guidance (16 rows), tuned
    python3 examples/peer/compare.py --reference LlamaGen --gpu --device cpu --sizes B --tokens 16 --images 1 --batch 1 \\
        --tune 10 --limits 300,30 --rounds 1                       # the same path in small, without a GPU: TornadoVM on PoCL

Needs PyTorch, and a clone of github.com/FoundationVision/LlamaGen; for a GPU also TornadoVM (TORNADOVM_HOME). Where JAX is
installed, its sampling is a peer too. All draw their weights at random: what is compared is time.

The peer is the strongest there is: PyTorch of the same precision, eager and compiled, and for the tokenizer channels last; on
the CPU glibc is told to keep its memory, without which PyTorch is slower by up to four times. Int8 weights are compared with
bf16. Each of these ways takes turns with lgc, so that whatever else the machine does meets both; the least of the rounds
counts. The one that comes nearest to lgc is the peer, and the others stand below the table.

The floor is what the device cannot do faster: reading and writing every byte once that a step must, or all its operations,
whichever takes longer. A training step of the tokenizer is what the reference's vq_train.py does for a batch: generator with
LPIPS and PatchGAN, then discriminator, each with clipped Adam.
"""

import argparse
import datetime
import functools
import gc
import importlib
import importlib.util
import json
import os
import subprocess
import sys

from lgc_side import LGC, MALLOC, Lgc

KEEP = dict(zip(MALLOC, ("4294967296", "17179869184")))


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--reference", required=True, help="folder of the reference's clone")
    p.add_argument("--gpu", action="store_true", help="the whole comparison: --what sample,train --sizes B,L,XL --tokens 256,576"
                   " --images 8 --device cuda --lgc-device tornado --tune 600, where not given otherwise")
    p.add_argument("--what", help="of sample, train (the generator), decode, encode, gan (the tokenizer, a training step); all by"
                   " default")
    p.add_argument("--precisions", default="f32,bf16", help="of f32, bf16, int8 (sampling only); f32,bf16 by default")
    p.add_argument("--sizes", help="scales: B,L,XL,XXL,3B; B by default")
    p.add_argument("--tokens", help="codes of an image: 256,576; 256 by default")
    p.add_argument("--images", help="images sampled at once, each with its guidance row; 1,8 by default")
    p.add_argument("--batch", type=int, default=8, help="images of a training step; 8 by default")
    p.add_argument("--pictures", default="1,4", help="pictures of 256 pixels that the tokenizer decodes or encodes at once; 1,4 by"
                   " default")
    p.add_argument("--gan-batch", type=int, default=1, help="pictures of a training step of the tokenizer; 1 by default")
    p.add_argument("--ways", help="only the ways of PyTorch and JAX whose name contains one of these words, such as compiled")
    p.add_argument("--device", help="PyTorch's device; cpu by default")
    p.add_argument("--lgc-device", help="lgc's device; cpu by default")
    p.add_argument("--tune", type=float, help="seconds that lgc tunes the kernels of each configuration; 0 by default")
    p.add_argument("--limits", help="of the device: GFLOP/s,GB/s; measured by default, by lgc on the CPU, else by PyTorch")
    p.add_argument("--rounds", type=int, default=2)
    p.add_argument("--seconds", type=float, default=3, help="how long lgc measures each step")
    p.add_argument("--out", help="also writes the figures to this file, as docs/results has them")
    p.add_argument("--machine", default="this", help="its name in that file")
    a = p.parse_args()
    cpu = {"what": "sample,train,decode,encode,gan", "sizes": "B", "tokens": "256", "images": "1,8", "device": "cpu",
           "lgc_device": "cpu", "tune": 0}
    gpu = {"what": "sample,train", "sizes": "B,L,XL", "tokens": "256,576", "images": "8", "device": "cuda",
           "lgc_device": "tornado", "tune": 600}
    for name, value in (gpu if a.gpu else cpu).items():
        if getattr(a, name) is None:
            setattr(a, name, value)
    return a


def keep_memory(a):
    """Starts again with the allocator's settings, which are read once, when a process begins."""
    if a.device == "cpu" and any(k not in os.environ for k in KEEP):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | KEEP)


def limits(a, torch_side):
    """What lgc holds its times against: GFLOP/s,GB/s."""
    if a.limits or a.lgc_device == "cpu":
        return a.limits or "measured"
    if a.device == "cpu":
        sys.exit("compare.py: lgc computes on " + a.lgc_device + " and PyTorch on the CPU: --limits GFLOP/s,GB/s says what the"
                 " device can do")
    return torch_side.limits(a.device)


class Work:
    """Something that both do.

    ours: from seconds of tuning to seconds and their floor; ways: by name, what makes a peer's function ready to be called
    """

    def __init__(self, id, words, ours, ways):
        self.id, self.words, self.ours, self.ways = id, words, ours, ways


def works(a, lgc, torch_side):
    """Everything that was asked for, in the order of the table."""
    asked = a.what.split(",")
    counts = {name: [int(n) for n in getattr(a, name).split(",")] for name in ("tokens", "images", "pictures")}
    for precision in a.precisions.split(","):
        of_peer = "bf16" if precision == "int8" else precision
        for size in a.sizes.split(","):
            for tokens in counts["tokens"]:
                for images in counts["images"] if "sample" in asked else []:
                    yield Work(f"sample-{size}-{tokens}-{images}-{precision}",
                               f"LlamaGen-{size}: {tokens} codes of {count(images, 'image')} with guidance, {precision}",
                               functools.partial(lgc.sample, size, tokens, images, precision),
                               sampling(a, torch_side, size, tokens, images, of_peer))
                if "train" in asked and precision != "int8":
                    yield Work(f"train-{size}-{tokens}-{a.batch}-{precision}",
                               f"LlamaGen-{size}: training step, {a.batch} × {tokens} codes, {precision}",
                               functools.partial(lgc.train, size, tokens, a.batch, precision),
                               {str(w): functools.partial(torch_side.train, a.device, size, tokens, a.batch, w)
                                for w in torch_side.generator_ways(of_peer)})
        for what in [w for w in ("decode", "encode", "gan") if w in asked and precision != "int8"]:
            for batch in [a.gan_batch] if what == "gan" else counts["pictures"]:
                said = "training step" if what == "gan" else what
                yield Work(f"{what}-{batch}-{precision}", f"VQ16: {said}, {count(batch, 'picture')}, {precision}",
                           functools.partial(lgc.tokenizer, what, batch, precision),
                           {str(w): functools.partial(torch_side.tokenizer, a.device, what, batch, w)
                            for w in torch_side.tokenizer_ways(of_peer)})


def sampling(a, torch_side, size, tokens, images, dtype):
    ways = {str(w): functools.partial(torch_side.sample, a.device, size, tokens, images, w)
            for w in torch_side.generator_ways(dtype)}
    if a.device == "cpu" and importlib.util.find_spec("jax"):
        import jax_side

        ways["JAX, " + dtype] = functools.partial(jax_side.sample, size, tokens, images, dtype)
    return ways


def count(n, word):
    return f"{n} {word}" + ("" if n == 1 else "s")


def compare(a, work, torch_side):
    """Times lgc and each way in turns, prints a row of the table, and returns it as docs/results has it."""
    values, tried = {}, {}
    tune = a.tune
    for name, prepare in work.ways.items():
        if a.ways and not any(w in name for w in a.ways.split(",")):
            continue
        run = prepare()
        run()  # compiles, fills caches
        run()
        ours, floors, theirs = [], [], []
        for _ in range(a.rounds):
            seconds, floor = work.ours(tune)
            tune = 0
            ours.append(seconds)
            floors.append(floor)
            theirs.append(torch_side.seconds(a.device, run))
        tried[name] = (min(theirs) / min(ours), min(floors), min(ours), min(theirs))
        values |= {f"limit beside {name}": floors, f"lgc beside {name}": ours, name: theirs}
        run = None
        gc.collect()
        torch_side.forget(a.device)
    if not tried:
        sys.exit("compare.py: --ways " + a.ways + " leaves nothing of: " + "; ".join(work.ways))
    name, (ratio, floor, ours, theirs) = min(tried.items(), key=lambda t: t[1][0])
    print(f"| {work.words} | {floor:.3f} | {ours:.3f} ({100 * floor / ours:.0f} %) | {theirs:.3f} ({name}) | {ratio:.2f} |",
          flush=True)
    peer = {"limit": values[f"limit beside {name}"], "lgc": values[f"lgc beside {name}"], "peer": values[name]}
    return {"id": work.id, "work": f"{work.words}; peer: {name}", "unit": "s",
            "values": rounded(peer | {n: v for n, v in values.items() if n in tried and n != name})}


def rounded(values):
    return {name: [round(x, 4) for x in list] for name, list in values.items()}


def git(*what):
    return subprocess.run(["git", "-C", str(LGC.parent), *what], stdout=subprocess.PIPE, text=True).stdout.strip()


def written(a, rows, versions):
    command = " ".join(["examples/peer/compare.py", *sys.argv[1:]])
    told = {"date": datetime.date.today().isoformat(), "commit": git("rev-parse", "--short=7", "HEAD"), "machine": a.machine,
            "command": command, "notes": [
                f"{versions}. peer: the way that comes nearest to lgc, in turns with it; other ways are named, each beside"
                " its own turns of lgc, which are not listed. glibc keeps its memory for PyTorch"
                " (MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_)."]}
    head = json.dumps(told, ensure_ascii=False, indent=2).removesuffix("\n}")
    body = ",\n".join("    " + json.dumps(r, ensure_ascii=False) for r in rows)
    with open(a.out + ".part", "w", encoding="utf-8") as f:
        f.write(head + ',\n  "rows": [\n' + body + "\n  ]\n}\n")
    os.replace(a.out + ".part", a.out)


def main():
    a = arguments()
    keep_memory(a)
    sys.path.insert(0, a.reference)
    import pytorch_side
    import torch

    held = limits(a, pytorch_side)
    by = "lgc" if held == "measured" else "given" if a.limits else "PyTorch"
    jax = f", JAX {importlib.import_module('jax').__version__}" if importlib.util.find_spec("jax") else ""
    versions = f"PyTorch {torch.__version__}{jax} on {a.device}, lgc on {a.lgc_device}"
    print(f"{versions}; limits (GFLOP/s,GB/s): {held} ({by})")
    print("\n| | floor, s | lgc, s (of the floor) | the strongest peer, s | ratio |\n|---|---|---|---|---|", flush=True)
    rows = []
    for work in works(a, Lgc(a.lgc_device, a.seconds, held), pytorch_side):
        rows.append(compare(a, work, pytorch_side))
        if a.out:
            written(a, rows, versions)
    print("\nThe other ways, s:\n")
    for r in rows:
        rest = {n: min(v) for n, v in r["values"].items() if n not in ("limit", "lgc", "peer")}
        print(f"{r['work'].split(';')[0]}: " + "; ".join(f"{n} {t:.3f}" for n, t in rest.items()))


if __name__ == "__main__":
    main()
