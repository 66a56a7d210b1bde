#!/usr/bin/env python3
"""LlamaGen in lgc and in the reference's PyTorch code, on one machine in one run.

    python3 examples/peer/compare.py --reference LlamaGen          # the CPU: B, one image with guidance; the tokenizer VQ16
    python3 examples/peer/compare.py --reference LlamaGen --gpu    # a GPU: B, L and XL, 16x16 and 24x24 codes,
                                                                   # 8 images with guidance (16 rows), tuned
    python3 examples/peer/compare.py --reference LlamaGen --gpu --device cpu --sizes B --tokens 16 --images 1 --batch 1 \\
        --tune 10 --limits 300,30 --rounds 1                       # the same path in small, without a GPU: TornadoVM on PoCL

Needs PyTorch, and a clone of github.com/FoundationVision/LlamaGen; for a GPU also TornadoVM (TORNADOVM_HOME). Both draw their
weights at random: what is compared is time. Rounds alternate between the two, so that whatever else the machine does meets
both; the least of the rounds counts. The floor is what the device cannot do faster: reading and writing every byte once that
a step must (sampling), or that and all its operations, whichever takes longer (training, the tokenizer).

A training step of the tokenizer is what the reference's vq_train.py does for a batch: generator with LPIPS and PatchGAN,
then discriminator, each with clipped Adam. Channels last is not what the reference does, but often faster: it is timed too.
"""

import argparse
import gc
import json
import pathlib
import subprocess
import sys
import time
import types

import torch

LGC = pathlib.Path(__file__).resolve().parents[2] / "lgc"


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--reference", required=True, help="folder of the reference's clone")
    p.add_argument("--gpu", action="store_true", help="the whole comparison: --what sample,train --sizes B,L,XL --tokens 256,576"
                   " --images 8 --device cuda --lgc-device tornado --compile --tune 600, where not given otherwise")
    p.add_argument("--what", help="of sample, train (the generator), decode, encode, gan (the tokenizer, a training step); all by"
                   " default")
    p.add_argument("--sizes", help="scales: B,L,XL,XXL,3B; B by default")
    p.add_argument("--tokens", help="codes of an image: 256,576; 256 by default")
    p.add_argument("--images", type=int, help="images sampled at once, each with its guidance row; 1 by default")
    p.add_argument("--batch", type=int, default=8, help="images of a training step; 8 by default")
    p.add_argument("--pictures", default="1,4", help="pictures of 256 pixels that the tokenizer decodes or encodes at once; 1,4 by"
                   " default")
    p.add_argument("--gan-batch", type=int, default=1, help="pictures of a training step of the tokenizer; 1 by default")
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
    cpu = {"what": "sample,train,decode,encode,gan", "sizes": "B", "tokens": "256", "images": 1, "device": "cpu", "lgc_device": "cpu", "tune": 0}
    gpu = {"what": "sample,train", "sizes": "B,L,XL", "tokens": "256,576", "images": 8, "device": "cuda", "lgc_device": "tornado", "tune": 600}
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


def bench(a, model, batch, purpose, steps, held, tune, *more):
    """What lgc says of some steps of a model, by name."""
    command = [str(LGC), "bench", *model, "--batch", str(batch), "--for", purpose, "--step", ",".join(steps)]
    command += ["--seconds", str(a.seconds), "--device", a.lgc_device, "--limits", held, "--json", *more]
    command += ["--tune", str(tune)] if tune else []
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if run.returncode != 0:
        sys.exit("compare.py: lgc could not run: " + " ".join(command))
    return {s["step"]: s for s in json.loads(run.stdout)["steps"]}


def lgc(a, size, tokens, training, held, tune):
    """Seconds of lgc, and the floor under them."""
    model = ["llamagen", "-m", "ClassToImage", "-p", f"size={size}", "-p", f"image={int(tokens**0.5) * 16}"]
    if training:
        steps = ["next_token.gradients", "next_token.update"]
        return whole(bench(a, model, a.batch, "training", steps, held, tune))
    of = bench(a, model, a.images, "inference", ["codes.prefill", "codes.step"], held, tune, "--weights-type", a.weights_type)
    times = {"codes.prefill": 1, "codes.step": tokens - 1}
    return tuple(sum(n * value(of[step]) for step, n in times.items())
                 for value in (lambda s: s["seconds"], lambda s: s["bytes"] / s["gigabytes_per_second"] * 1e-9))


def whole(of):
    return sum(s["seconds"] for s in of.values()), sum(s["least_seconds"] for s in of.values())


def lgc_tokenizer(a, what, batch, held, tune):
    steps = [f"{objective}.{part}" for objective in ("tokenizer", "discriminator") for part in ("gradients", "update")]
    training = what == "gan"
    purpose = "training" if training else "inference"
    return whole(bench(a, ["vq", "-m", "VQ16"], batch, purpose, steps if training else [what], held, tune))


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


def vgg16(pretrained=False):
    """torchvision's, as far as LPIPS has it, for where torchvision is not: its weights are random here anyway."""
    layers, inputs = [], 3
    for width in [64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool", 512, 512, 512, "pool", 512, 512, 512, "pool"]:
        if width == "pool":
            layers.append(torch.nn.MaxPool2d(2, 2))
        else:
            layers += [torch.nn.Conv2d(inputs, width, 3, padding=1), torch.nn.ReLU(inplace=True)]
            inputs = width
    return types.SimpleNamespace(features=torch.nn.Sequential(*layers))


def vq_loss():
    """The reference's loss and discriminator, with LPIPS of random weights: nothing is downloaded."""
    for name in ["torchvision", "torchvision.models", "requests", "tqdm"]:
        sys.modules[name] = types.ModuleType(name)
    sys.modules["torchvision"].models = sys.modules["torchvision.models"]
    sys.modules["torchvision.models"].vgg16 = vgg16
    sys.modules["tqdm"].tqdm = None
    try:
        from tokenizer.tokenizer_image import lpips
        from tokenizer.tokenizer_image.vq_loss import VQLoss
    finally:
        for name in ["torchvision", "torchvision.models", "requests", "tqdm"]:
            del sys.modules[name]
    lpips.LPIPS.load_from_pretrained = lambda self, name="vgg_lpips": None
    return VQLoss(disc_start=0, disc_weight=0.5)


def reference_tokenizer(a, what, batch, compiled, layout):
    from tokenizer.tokenizer_image.vq_model import VQ_models

    torch.manual_seed(0)
    model = VQ_models["VQ-16"](codebook_size=16384, codebook_embed_dim=8).to(a.device, memory_format=layout)
    images = (torch.rand(batch, 3, 256, 256, device=a.device) * 2 - 1).contiguous(memory_format=layout)
    if what != "gan":
        model.eval()
        codes = torch.randint(0, 16384, (batch * 256,), device=a.device)
        f = (lambda: model.decode_code(codes, (batch, 8, 16, 16))) if what == "decode" else (lambda: model.encode(images))
        return torch.no_grad()(torch.compile(f) if compiled else f)
    model.train()
    model.quantize.codebook_used = model.quantize.codebook_used.detach()  # else it may not be written to
    step = torch.compile(model) if compiled else model
    loss = vq_loss().to(a.device, memory_format=layout).train()
    parts = [model, loss.discriminator]
    optimizers = [torch.optim.Adam(p.parameters(), lr=1e-4, betas=(0.9, 0.95)) for p in parts]

    def run():
        reconstructions, losses = step(images)
        for i in range(2):
            optimizers[i].zero_grad()
            last = model.decoder.last_layer
            loss(losses, images, reconstructions, optimizer_idx=i, global_step=1, last_layer=last).backward()
            torch.nn.utils.clip_grad_norm_(parts[i].parameters(), 1.0)
            optimizers[i].step()

    return run


def compare(a, what, ours, theirs):
    """Times both in turns, and prints a row of the table.

    ours: from seconds of tuning to seconds and the floor; theirs: what PyTorch runs, by name
    """
    floors, best, times = [], [], {name: [] for name in theirs}
    for i in range(a.rounds):
        seconds, floor = ours(a.tune if i == 0 else 0)
        best.append(seconds)
        floors.append(floor)
        for name, run in theirs.items():
            if i == 0:
                run()  # compiles, fills caches
            times[name].append(synchronised(a.device, run))
    floor, best = min(floors), min(best)
    cells = [what, f"{floor:.3f}", f"{best:.3f} ({100 * floor / best:.0f} %)"]
    for t in times.values():
        cells.append(f"{min(t):.3f} ({100 * floor / min(t):.0f} %, {min(t) / best:.2f} times lgc's)")
    print("| " + " | ".join(cells) + " |", flush=True)
    gc.collect()
    torch._dynamo.reset()  # it gives up on a function that it compiled for eight models
    if a.device != "cpu":
        torch.cuda.empty_cache()


def table(variants):
    columns = ["", "floor, s", "lgc, s (of the floor)"] + [f"PyTorch {v}" for v in variants]
    print("\n| " + " | ".join(columns) + " |\n|" + "---|" * len(columns), flush=True)


def generator(a, held, wanted):
    variants = {"eager": False} | ({"compiled": True} if a.compile else {})
    table(variants)
    for size in a.sizes.split(","):
        for tokens in map(int, a.tokens.split(",")):
            for what in wanted:
                training = what == "train"
                said = f"training step, {a.batch} images" if training else f"sampling, {a.images} images with guidance"
                compare(a, f"{size}, {tokens} codes, {said}", lambda tune: lgc(a, size, tokens, training, held, tune),
                        {name: reference(a, size, tokens, training, c) for name, c in variants.items()})


def tokenizer(a, held, wanted):
    variants = {"eager": (False, torch.contiguous_format), "channels last": (False, torch.channels_last)}
    if a.compile:
        variants["compiled"] = (True, torch.contiguous_format)
    table(variants)
    for what in wanted:
        for batch in [a.gan_batch] if what == "gan" else map(int, a.pictures.split(",")):
            said = "training step" if what == "gan" else what
            compare(a, f"VQ16, {said}, pictures: {batch}", lambda tune: lgc_tokenizer(a, what, batch, held, tune),
                    {name: reference_tokenizer(a, what, batch, *v) for name, v in variants.items()})


def main():
    a = arguments()
    sys.path.insert(0, a.reference)
    held = limits(a)
    held_by = "lgc" if held == "measured" else "given" if a.limits else "PyTorch"
    print(f"PyTorch {torch.__version__} on {a.device}, lgc on {a.lgc_device}; limits (GFLOP/s,GB/s): {held} ({held_by})")
    for part, offered in {generator: ["sample", "train"], tokenizer: ["decode", "encode", "gan"]}.items():
        wanted = [w for w in offered if w in a.what.split(",")]
        if wanted:
            part(a, held, wanted)


if __name__ == "__main__":
    main()
