"""Makes data/*: what Pillow reads, resizes and crops. Needs: pip install pillow numpy."""
import numpy as np
from PIL import Image, ImageDraw

D = "data/"
rng = np.random.default_rng(7)


def scene(w, h):
    y, x = np.mgrid[0:h, 0:w]
    a = np.stack([x * 255 // w, y * 255 // h, (x * 7 + y * 3) % 256], -1).astype(np.uint8)
    im = Image.fromarray(a)
    d = ImageDraw.Draw(im)
    d.ellipse([w // 5, h // 5, w // 2, h // 2], fill=(250, 30, 60))
    d.rectangle([w // 2, h // 2, w - 9, h - 5], fill=(10, 200, 90))
    d.line([0, h, w, 0], fill=(255, 255, 255), width=3)
    a = np.array(im)
    a[: h // 4, : w // 4] = rng.integers(0, 256, (h // 4, w // 4, 3))
    return Image.fromarray(a)


def center(im, size):
    while min(im.size) >= 2 * size:
        im = im.resize((im.size[0] // 2, im.size[1] // 2), Image.BOX)
    s = size / min(im.size)
    im = im.resize((round(im.size[0] * s), round(im.size[1] * s)), Image.BICUBIC)
    x, y = (im.size[0] - size) // 2, (im.size[1] - size) // 2
    return im.crop((x, y, x + size, y + size))


wide = scene(203, 150)
wide.save(D + "wide.png")
tall = scene(37, 90)
tall.save(D + "tall.png")
for name, im in (("wide", wide), ("tall", tall)):
    for size in (8, 16, 24, 37, 64, 100):
        center(im, size).save(D + f"{name}_center_{size}.png")
    for w, h in ((90, 71), (50, 150), (203, 60), (37, 33), (240, 91)):
        im.resize((w, h), Image.BICUBIC).save(D + f"{name}_bicubic_{w}x{h}.png")
        im.resize((w, h), Image.BOX).save(D + f"{name}_box_{w}x{h}.png")

# torchvision's TenCrop(32) of a centre crop of int(32 * 1.1)
c = center(wide, int(32 * 1.1))
n, s = c.size[0], 32
m = int(round((n - s) / 2.0))
boxes = [(0, 0), (n - s, 0), (0, n - s), (n - s, n - s), (m, m)]
strip = Image.new("RGB", (320, 32))
for f, im in enumerate((c, c.transpose(Image.FLIP_LEFT_RIGHT))):
    for i, (x, y) in enumerate(boxes):
        strip.paste(im.crop((x, y, x + s, y + s)), (32 * (5 * f + i), 0))
strip.save(D + "wide_ten_32.png")

# formats: each beside what it should read as
small = scene(40, 30)
small.save(D + "small.png")
small.save(D + "small.bmp")
small.save(D + "small.tiff", compression="tiff_lzw")
small.save(D + "small.webp", lossless=True)
small.save(D + "small.jpg", quality=95, subsampling=0)
small.convert("CMYK").save(D + "small_cmyk.jpg", quality=98)
small.convert("L").save(D + "grey.png")
small.convert("L").save(D + "grey.jpg", quality=98)
small.convert("1").save(D + "bits.png")
small.quantize(16).save(D + "palette.png")
small.quantize(200).save(D + "palette.gif")
deep = (np.array(small.convert("L")).astype(np.uint16) * 257)
Image.fromarray(deep).save(D + "grey16.png")
alpha = np.dstack([np.array(small), np.linspace(0, 255, 1200).reshape(30, 40).astype(np.uint8)])
Image.fromarray(alpha, "RGBA").save(D + "alpha.png")
Image.fromarray(alpha[..., [0, 3]], "LA").save(D + "grey_alpha.png")


def on_white(rgb, a):
    a = a.astype(int)[..., None]
    return ((rgb.astype(int) * a + 255 * (255 - a) + 127) // 255).astype(np.uint8)


Image.fromarray(on_white(alpha[..., :3], alpha[..., 3])).save(D + "alpha_read.png")
g = np.repeat(alpha[..., :1], 3, -1)
Image.fromarray(on_white(g, alpha[..., 3])).save(D + "grey_alpha_read.png")
Image.open(D + "grey.png").convert("RGB").save(D + "grey_read.png")
for f in ("bits.png", "palette.png", "palette.gif", "small_cmyk.jpg", "grey.jpg", "small.jpg"):
    Image.open(D + f).convert("RGB").save(D + f.replace(".", "_") + "_read.png")
