"""Makes the pictures here and what they should read as, and pictures.tsv, which lists them.

Needs: pip install pillow numpy; apt-get install webp imagemagick libtiff-tools libjpeg-turbo-progs.
Columns: file, format, feature, who wrote it. What NAME.EXT should read as is expected/NAME.EXT.png.
"""
import os
import shutil
import struct
import subprocess
import zlib

import numpy as np
from PIL import Image, ImageDraw

os.chdir(os.path.dirname(os.path.abspath(__file__)))
shutil.rmtree("expected", ignore_errors=True)
os.mkdir("expected")
ROWS = []
rng = np.random.default_rng(16)


def scene(w, h):
    y, x = np.mgrid[0:h, 0:w]
    a = np.stack([x * 255 // w, y * 255 // h, (x * 7 + y * 3) % 256], -1).astype(np.uint8)
    d = ImageDraw.Draw(im := Image.fromarray(a))
    d.ellipse([w // 5, h // 5, w // 2, h // 2], fill=(250, 30, 60))
    d.rectangle([w // 2, h // 2, w - 9, h - 5], fill=(10, 200, 90))
    d.line([0, h, w, 0], fill=(255, 255, 255), width=2)
    a = np.array(im)
    a[: h // 4, : w // 4] = rng.integers(0, 256, (h // 4, w // 4, 3))
    return Image.fromarray(a)


S = scene(37, 29)
A = np.asarray(S)
RAMP = np.clip(np.add.outer(np.arange(29) * 9, np.arange(37) * 7) - 60, 0, 255).astype(np.uint8)
CLEAR = Image.fromarray(np.dstack([A, RAMP]))
CUT = Image.fromarray(np.dstack([A, (rng.random(RAMP.shape) > 0.4).astype(np.uint8) * 255]))


def on_white(rgba):
    c = rgba.astype(int)
    a = c[..., 3:]
    return ((c[..., :3] * a + 255 * (255 - a) + 127) // 255).astype(np.uint8)


def pillow(file):
    with Image.open(file) as im:
        return on_white(np.asarray(im.convert("RGBA")))


def add(file, feature, writer, expected=None):
    """Lists a file; what it should read as is what Pillow makes of it, unless it is given."""
    if expected is None:
        expected = pillow(file)
    if not isinstance(expected, str):
        expected = np.asarray(expected)
        if expected.ndim == 2:
            expected = np.dstack([expected] * 3)
        Image.fromarray(expected.astype(np.uint8)).save(f"expected/{file}.png", optimize=True)
    ext = file.rsplit(".", 1)[1]
    names = {"jpg": "JPEG", "tif": "TIFF", "webp": "WebP"}
    ROWS.append((file, names.get(ext, ext.upper()), feature, writer))


def run(*args):
    subprocess.run([str(a) for a in args], check=True, stderr=subprocess.DEVNULL)


def webp():
    for quality in (5, 50, 95):
        S.save(f := f"lossy_{quality}.webp", quality=quality)
        add(f, f"lossy, quality {quality}", "Pillow")
    S.save("s.png")
    options = {
        "segments": ("lossy, 4 segments", "-segments 4 -sns 100 -q 20"),
        "filter_strong": ("lossy, strongest filter, sharpness 7", "-f 100 -sharpness 7 -strong -q 10"),
        "filter_simple": ("lossy, simple filter", "-f 80 -nostrong -q 10"),
        "filter_none": ("lossy, no filter", "-f 0 -q 40"),
        "near": ("near-lossless", "-near_lossless 40"),
    }
    for name, (feature, arguments) in options.items():
        run("cwebp", "-quiet", *arguments.split(), "s.png", "-o", f := f"{name}.webp")
        add(f, feature, "cwebp")
    CLEAR.save("c.png")
    for k, (feature, arguments) in enumerate((
            ("lossy, alpha, filtered", "-alpha_filter best"),
            ("lossy, alpha, not filtered", "-alpha_filter none"),
            ("lossy, alpha, not compressed", "-alpha_method 0"),
            ("lossy, alpha, quantized", "-alpha_q 20"))):
        run("cwebp", "-quiet", "-q", 60, *arguments.split(), "c.png", "-o", f := f"alpha_{k}.webp")
        add(f, feature, "cwebp")
    for method, quality in ((0, 75), (4, 75), (6, 100)):
        S.save(f := f"lossless_{method}.webp", lossless=True, method=method, quality=quality)
        add(f, f"lossless, method {method}", "Pillow")
        CUT.save(f := f"lossless_cut_{method}.webp", lossless=True, method=method, quality=quality)
        add(f, f"lossless, cut out, method {method}", "Pillow")
    CLEAR.save("lossless_alpha.webp", lossless=True)
    add("lossless_alpha.webp", "lossless, alpha", "Pillow")
    for n in (2, 4, 16, 200):
        S.quantize(n).convert("RGB").save(f := f"palette_{n}.webp", lossless=True)
        add(f, f"lossless, {n} colours", "Pillow")
    one = Image.new("RGB", (33, 17), (10, 200, 90))
    one.save("one_lossless.webp", lossless=True)
    add("one_lossless.webp", "lossless, one colour", "Pillow")
    one.save("one_lossy.webp")
    add("one_lossy.webp", "lossy, one colour", "Pillow")
    for w, h in ((1, 1), (2, 2), (17, 1), (1, 33)):
        S.resize((w, h)).save(f := f"size_{w}x{h}.webp", quality=70)
        add(f, f"lossy, {w} by {h} pixels", "Pillow")
    frames = [CLEAR, CUT.rotate(90)]
    frames[0].save("animated.webp", save_all=True, append_images=frames[1:], lossless=True)
    add("animated.webp", "animation, lossless", "Pillow")
    frames[0].save("animated_lossy.webp", save_all=True, append_images=frames[1:], quality=60)
    add("animated_lossy.webp", "animation, lossy", "Pillow")
    run("webpmux", "-frame", "size_1x33.webp", "+100+6+4+1+b", "-frame", "one_lossy.webp", "+100+0+0",
        "-o", "animated_offset.webp")
    add("animated_offset.webp", "animation, first frame smaller than its canvas", "webpmux")
    run("webpmux", "-set", "exif", "s.png", "lossy_50.webp", "-o", "extra.webp")
    add("extra.webp", "lossy, with unsound EXIF", "webpmux")


def jpeg():
    for name, sampling in (("444", 0), ("422", 1), ("420", 2)):
        S.save(f := f"baseline_{name}.jpg", quality=85, subsampling=sampling)
        add(f, f"baseline, 4:{name[1]}:{name[2]}", "Pillow")
        S.save(f := f"progressive_{name}.jpg", quality=85, subsampling=sampling, progressive=True)
        add(f, f"progressive, 4:{name[1]}:{name[2]}", "Pillow")
    for factor in ("1x2", "4x1", "2x4"):
        run("convert", "s.png", "-sampling-factor", factor, f := f"sampled_{factor}.jpg")
        add(f, f"baseline, luma {factor}", "ImageMagick")
    S.convert("L").save("grey.jpg", quality=80)
    add("grey.jpg", "grey", "Pillow")
    S.convert("L").save("grey_progressive.jpg", quality=80, progressive=True)
    add("grey_progressive.jpg", "grey, progressive", "Pillow")
    S.save("rgb.jpg", keep_rgb=True)
    add("rgb.jpg", "RGB, not YCbCr", "Pillow")
    S.save("restart.jpg", restart_marker_blocks=1)
    add("restart.jpg", "restart markers", "Pillow")
    S.convert("CMYK").save("cmyk.jpg", quality=90)
    add("cmyk.jpg", "CMYK (Adobe)", "Pillow")
    run("convert", "s.png", "-colorspace", "CMYK", "ycck.jpg")
    add("ycck.jpg", "YCCK (Adobe)", "ImageMagick")
    run("convert", "s.png", "-colorspace", "CMYK", "-interlace", "plane", "ycck_progressive.jpg")
    add("ycck_progressive.jpg", "YCCK (Adobe), progressive", "ImageMagick")
    exif = Image.Exif()
    for turn in range(1, 9):
        exif[0x0112] = turn
        S.save(f := f"exif_{turn}.jpg", exif=exif)
        add(f, f"EXIF orientation {turn}: not applied, as Pillow opens it", "Pillow")
    with open("baseline_420.jpg", "rb") as f:
        plain = f.read()
    sound = pillow("baseline_420.jpg")

    def segments(name, feature, *parts):
        with open(name, "wb") as f:
            f.write(plain[:2] + b"".join(parts) + plain[2:])
        add(name, feature, "Pillow, changed", sound)

    def part(marker, data):
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    icc = b"ICC_PROFILE\0"
    segments("icc_bad_index.jpg", "ICC parts with wrong numbers", part(0xE2, icc + b"\5\2" + b"a" * 50),
             part(0xE2, icc + b"\2\2" + b"b" * 50))
    segments("icc_empty.jpg", "ICC part without numbers", part(0xE2, icc))
    segments("icc_garbage.jpg", "ICC that is no profile", part(0xE2, icc + b"\1\1" + bytes(range(256)) * 8))
    segments("exif_garbage.jpg", "EXIF that is none", part(0xE1, b"Exif\0\0" + b"\xff\xd8\xff\xda" * 40))
    segments("app_many.jpg", "other segments and padding", part(0xED, b"Photoshop 3.0\0") + b"\xff\xff",
             part(0xFE, b"comment \xff\xd9"), part(0xE0, b"JFXX\0\x10" + b"\xff\xd8\xff" * 9))
    run("bash", "-c", "djpeg -bmp baseline_444.jpg | cjpeg -arithmetic -outfile arithmetic.jpg")
    add("arithmetic.jpg", "arithmetic coding", "cjpeg", "refused")


webp()
jpeg()
for f in ("s.png", "c.png"):
    os.remove(f)
with open("pictures.tsv", "w") as out:
    out.writelines("\t".join(row) + "\n" for row in ROWS)
