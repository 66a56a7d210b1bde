"""LlamaGen's generator in JAX, as a second peer: sampling with a cache, guidance and top-k, compiled as one program.

Written for this comparison from the paper's description of the model. Its weights are random.
"""

import math

import jax
import jax.numpy as jnp
from jax import lax

SIZES = {"B": (12, 12, 768), "L": (24, 16, 1024), "XL": (36, 20, 1280), "XXL": (48, 24, 1536), "3B": (24, 32, 3200)}
VOCABULARY = 16384
CLASSES = 1000
DTYPES = {"f32": jnp.float32, "bf16": jnp.bfloat16}


def hidden(width):
    """Width of the feed-forward layer: two thirds of four times the model's, rounded up to a multiple of 256."""
    return -(-int(8 * width / 3) // 256) * 256


def weights(size, dtype):
    layers, _, width = SIZES[size]
    keys = iter(jax.random.split(jax.random.key(0), 3 + 5 * layers))

    def matrix(*shape):
        return (0.02 * jax.random.normal(next(keys), shape)).astype(dtype)

    def layer():
        return {"qkv": matrix(width, 3 * width), "out": matrix(width, width), "gate": matrix(width, hidden(width)),
                "up": matrix(width, hidden(width)), "down": matrix(hidden(width), width),
                "norm1": jnp.ones(width, dtype), "norm2": jnp.ones(width, dtype)}

    return {"codes": matrix(VOCABULARY, width), "classes": matrix(CLASSES + 1, width), "head": matrix(width, VOCABULARY),
            "norm": jnp.ones(width, dtype), "layers": [layer() for _ in range(layers)]}


def norm(x, gain):
    y = x.astype(jnp.float32)
    return (y * lax.rsqrt(jnp.mean(y * y, -1, keepdims=True) + 1e-5)).astype(x.dtype) * gain


def rotations(tokens, head):
    """Cosines and sines of 2-D rotary embeddings, [1 + tokens, head / 2]; the class is not rotated."""
    side = math.isqrt(tokens)
    frequencies = 10000.0 ** (-jnp.arange(0, head // 2, 2) / (head // 2))
    angles = jnp.outer(jnp.arange(side), frequencies)
    rows = jnp.repeat(angles[:, None], side, 1)
    columns = jnp.repeat(angles[None], side, 0)
    grid = jnp.concatenate([rows, columns], -1).reshape(tokens, head // 2)
    grid = jnp.concatenate([jnp.zeros((1, head // 2)), grid])
    return jnp.cos(grid), jnp.sin(grid)


def rotate(x, cosine, sine):
    a, b = x[..., 0::2].astype(jnp.float32), x[..., 1::2].astype(jnp.float32)
    return jnp.stack([a * cosine - b * sine, b * cosine + a * sine], -1).reshape(x.shape).astype(x.dtype)


def attend(layer, x, position, cosine, sine, keys, values, heads):
    rows, width = x.shape
    q, k, v = ((x @ layer["qkv"]).reshape(rows, 3, heads, width // heads).transpose(1, 0, 2, 3))
    q, k = rotate(q, cosine, sine), rotate(k, cosine, sine)
    keys = lax.dynamic_update_slice(keys, k[:, :, None], (0, 0, position, 0))
    values = lax.dynamic_update_slice(values, v[:, :, None], (0, 0, position, 0))
    scores = jnp.einsum("bhd,bhtd->bht", q, keys, preferred_element_type=jnp.float32) / math.sqrt(width // heads)
    scores = jnp.where(jnp.arange(keys.shape[2]) <= position, scores, -jnp.inf)
    mixed = jnp.einsum("bht,bhtd->bhd", jax.nn.softmax(scores).astype(x.dtype), values)
    return mixed.reshape(rows, width) @ layer["out"], keys, values


def sample(size, tokens, images, dtype, guidance=4.0, top_k=2000):
    """A function that draws the codes of some images, [images, tokens]."""
    layers, heads, width = SIZES[size]
    model = weights(size, DTYPES[dtype])
    cosines, sines = rotations(tokens, width // heads)
    shape = (2 * images, heads, tokens + 1, width // heads)

    def logits(model, x, position, caches):
        after = []
        for layer, (keys, values) in zip(model["layers"], caches):
            y, keys, values = attend(layer, norm(x, layer["norm1"]), position, cosines[position], sines[position], keys,
                                     values, heads)
            x = x + y
            z = norm(x, layer["norm2"])
            x = x + (jax.nn.silu(z @ layer["gate"]) * (z @ layer["up"])) @ layer["down"]
            after.append((keys, values))
        both = (norm(x, model["norm"]) @ model["head"]).astype(jnp.float32)
        of_class, of_none = both[:images], both[images:]
        return of_none + (of_class - of_none) * guidance, after

    def draw(key, scores):
        least = lax.top_k(scores, top_k)[0][:, -1:]
        return jax.random.categorical(key, jnp.where(scores < least, -jnp.inf, scores))

    @jax.jit
    def run(model, labels, key):
        caches = [(jnp.zeros(shape, DTYPES[dtype]),) * 2 for _ in range(layers)]
        x = model["classes"][jnp.concatenate([labels, jnp.full_like(labels, CLASSES)])]

        def step(carry, position):
            x, caches = carry
            scores, caches = logits(model, x, position, caches)
            code = draw(jax.random.fold_in(key, position), scores)
            return (model["codes"][jnp.concatenate([code, code])], caches), code

        return lax.scan(step, (x, caches), jnp.arange(tokens))[1].T

    labels = jnp.arange(images) % CLASSES
    return lambda: run(model, labels, jax.random.key(1)).block_until_ready()
