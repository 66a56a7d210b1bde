"""Fills in what PyTorch says about the calls in functions.txt.

    python3 functions.py [functions.txt]

A block is a call of the language, the same in PyTorch, and the inputs of both; this script (re)writes
the lines `result` and `gradient`, computed in double precision. The gradient is of the sum of the
result's elements, each times a weight of its own.
"""

import math
import re
import sys
from pathlib import Path

import torch
import torch.nn.functional as F


def number(x):
    return f"{x:.9g}"


def values(text, n):
    words = text.split()
    if words[0] == "from":
        low, high = float(words[1]), float(words[3])
        return [low + (high - low) * ((k * 7) % n) / (n - 1) for k in range(n)]
    return [float(w) for w in words]


def tensor(kind, shape, text):
    dims = [int(d) for d in shape.split(",") if d.strip()]
    t = torch.tensor(values(text, math.prod(dims))).reshape(dims)  # float32 first: what lgc is given
    if kind == "int":
        return t.to(torch.int64)
    if kind == "bool":
        return t.to(torch.bool)
    return t.to(torch.float64).requires_grad_()


def line(name, t):
    kind = {torch.int64: "int", torch.bool: "bool"}.get(t.dtype, "float")
    head = f"{name} {kind}[{', '.join(map(str, t.shape))}]:"
    return head + "".join(" " + number(v) for v in t.detach().to(torch.float64).flatten().tolist())


def block(text):
    call, *lines = text.split("\n")
    lines = [call] + [l for l in lines if not re.match(r"(result|gradient)\b", l)]
    names = {"torch": torch, "F": F, "math": math}
    inputs = {}
    expression = None
    for l in lines:
        key, _, rest = l.partition(": ")
        if key == "torch":
            expression = rest
        m = re.fullmatch(r"(param )?(\w+) (float|int|bool)\[(.*)\]", key)
        if m:
            inputs[m[2]] = tensor(m[3], m[4], rest)
    if expression is None:
        return "\n".join(lines)
    result = torch.as_tensor(eval(expression, names | inputs))
    lines.append(line("result", result))
    if result.requires_grad:
        n = result.numel()
        weights = torch.tensor([((k * 7) % 11 - 5) / 4 for k in range(n)], dtype=torch.float64)
        given = {k: v for k, v in inputs.items() if v.requires_grad}
        loss = (result.flatten() * weights).sum()
        for k, g in zip(given, torch.autograd.grad(loss, given.values(), allow_unused=True)):
            lines.append(line(f"gradient {k}", torch.zeros_like(given[k]) if g is None else g))
    return "\n".join(lines)


path = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("functions.txt"))
head, *blocks = path.read_text().rstrip("\n").split("\n\n")
path.write_text("\n\n".join([head] + [block(b) for b in blocks]) + "\n")
