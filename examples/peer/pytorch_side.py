"""PyTorch's side of the comparison: the reference's own code, in the ways in which it may be fastest."""

import sys
import time
import types

import torch

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


class Way:
    """A way to run the reference.

    dtype: f32 or bf16; where it is bf16, a model that is only used is bf16 itself, a model that is trained, and the
    tokenizer, are under autocast
    """

    def __init__(self, dtype, compiled=False, layout=torch.contiguous_format):
        self.dtype, self.compiled, self.layout = dtype, compiled, layout

    def __str__(self):
        last = ["channels last"] if self.layout == torch.channels_last else []
        return ", ".join(["compiled" if self.compiled else "eager", *last, self.dtype])

    def autocast(self, device):
        return torch.autocast(torch.device(device).type, DTYPES[self.dtype], enabled=self.dtype != "f32")


def generator_ways(dtype):
    return [Way(dtype), Way(dtype, compiled=True)]


def tokenizer_ways(dtype):
    last = torch.channels_last
    return [Way(dtype), Way(dtype, layout=last), Way(dtype, compiled=True), Way(dtype, compiled=True, layout=last)]


def seconds(device, f):
    synchronise(device)
    start = time.perf_counter()
    f()
    synchronise(device)
    return time.perf_counter() - start


def synchronise(device):
    if device != "cpu":
        torch.cuda.synchronize()


def limits(device):
    """GFLOP/s,GB/s that PyTorch reaches in f32."""
    x = torch.rand(8192, 8192, device=device)
    block = torch.empty(1 << 28, device=device)
    other = torch.empty_like(block)
    flops = 2 * 8192**3 / min(seconds(device, lambda: x @ x) for _ in range(10))
    moved = 2 * block.nbytes / min(seconds(device, lambda: other.copy_(block)) for _ in range(10))
    return f"{flops * 1e-9:.0f},{moved * 1e-9:.0f}"


def gpt(device, size, tokens):
    from autoregressive.models.gpt import GPT_models

    torch.manual_seed(0)
    return GPT_models[f"GPT-{size}"](vocab_size=16384, block_size=tokens, num_classes=1000, cls_token_num=1).to(device)


def sample(device, size, tokens, images, way):
    from autoregressive.models.generate import generate

    model = gpt(device, size, tokens).eval().to(DTYPES[way.dtype])
    if way.compiled:
        mode = "default" if device == "cpu" else "reduce-overhead"
        model.forward = torch.compile(model.forward, mode=mode, fullgraph=True)
    label = torch.randint(0, 1000, (images,), device=device)
    return lambda: generate(model, label, tokens, cfg_scale=4.0, cfg_interval=-1, temperature=1.0, top_k=2000, top_p=1.0,
                            sample_logits=True)


def train(device, size, tokens, batch, way):
    model = gpt(device, size, tokens).train()
    step = torch.compile(model) if way.compiled else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.05)
    codes = torch.randint(0, 16384, (batch, tokens), device=device)
    label = torch.randint(0, 1000, (batch,), device=device)

    def run():
        with way.autocast(device):
            _, loss = step(cond_idx=label, idx=codes[:, :-1], targets=codes)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

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
    names = ["torchvision", "torchvision.models", "requests", "tqdm"]
    before = {name: sys.modules.get(name) for name in names}
    for name in names:
        sys.modules[name] = types.ModuleType(name)
    sys.modules["torchvision"].models = sys.modules["torchvision.models"]
    sys.modules["torchvision.models"].vgg16 = vgg16
    sys.modules["tqdm"].tqdm = None
    try:
        from tokenizer.tokenizer_image import lpips
        from tokenizer.tokenizer_image.vq_loss import VQLoss
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    lpips.LPIPS.load_from_pretrained = lambda self, name="vgg_lpips": None
    return VQLoss(disc_start=0, disc_weight=0.5)


def tokenizer(device, what, batch, way):
    """what: decode, encode, or gan for a training step"""
    from tokenizer.tokenizer_image.vq_model import VQ_models

    torch.manual_seed(0)
    model = VQ_models["VQ-16"](codebook_size=16384, codebook_embed_dim=8).to(device, memory_format=way.layout)
    images = (torch.rand(batch, 3, 256, 256, device=device) * 2 - 1).contiguous(memory_format=way.layout)
    if what == "gan":
        return gan(device, model.train(), images, way)
    model.eval()
    codes = torch.randint(0, 16384, (batch * 256,), device=device)
    f = (lambda: model.decode_code(codes, (batch, 8, 16, 16))) if what == "decode" else (lambda: model.encode(images))
    f = torch.compile(f) if way.compiled else f

    def run():
        with torch.no_grad(), way.autocast(device):
            f()

    return run


def gan(device, model, images, way):
    model.quantize.codebook_used = model.quantize.codebook_used.detach()  # else it may not be written to
    step = torch.compile(model) if way.compiled else model
    loss = vq_loss().to(device, memory_format=way.layout).train()
    parts = [model, loss.discriminator]
    optimizers = [torch.optim.Adam(p.parameters(), lr=1e-4, betas=(0.9, 0.95)) for p in parts]

    def run():
        with way.autocast(device):
            reconstructions, losses = step(images)
        for i in range(2):
            optimizers[i].zero_grad()
            last = model.decoder.last_layer
            with way.autocast(device):
                total = loss(losses, images, reconstructions, optimizer_idx=i, global_step=1, last_layer=last)
            total.backward()
            torch.nn.utils.clip_grad_norm_(parts[i].parameters(), 1.0)
            optimizers[i].step()

    return run


def forget(device):
    """Frees what a way took, and what was compiled: PyTorch gives up on a function that it compiled for eight models."""
    torch._dynamo.reset()
    if device != "cpu":
        torch.cuda.empty_cache()
