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
    run("jpegtran", "-rotate", "90", "-outfile", f := "turned_440.jpg", "baseline_422.jpg")
    add(f, "baseline, 4:4:0", "jpegtran")
    run("jpegtran", "-rotate", "90", "-progressive", "-outfile", f := "turned_440_progressive.jpg", "baseline_422.jpg")
    add(f, "progressive, 4:4:0", "jpegtran")
    with open("scans.txt", "w") as scans:
        scans.write("0;1;2;")
    run("jpegtran", "-scans", "scans.txt", "-outfile", f := "scans_420.jpg", "baseline_420.jpg")
    os.remove("scans.txt")
    add(f, "baseline, a scan for each component", "jpegtran")
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


def png():
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    def raw(file, feature, kind, depth, rows, *chunks, w=37, h=29, expected=None):
        """A PNG whose rows are given as bytes, without filters."""
        head = struct.pack(">IIBBBBB", w, h, depth, kind, 0, 0, 0)
        data = zlib.compress(b"".join(b"\0" + r for r in rows), 9)
        with open(file, "wb") as f:
            f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunk(*c) for c in chunks)
                    + chunk(b"IDAT", data) + chunk(b"IEND", b""))
        add(file, feature, "make.py", expected)

    def packed(values, depth):
        bits = np.unpackbits(values.astype(np.uint8)[..., None], axis=-1)[..., 8 - depth:]
        return [np.packbits(r.reshape(-1)).tobytes() for r in bits]

    S.save("rgb.png")
    add("rgb.png", "8 bit RGB", "Pillow")
    CLEAR.save("rgba.png")
    add("rgba.png", "8 bit RGBA", "Pillow")
    S.convert("L").save("grey.png")
    add("grey.png", "8 bit grey", "Pillow")
    CLEAR.convert("LA").save("grey_alpha.png")
    add("grey_alpha.png", "8 bit grey and alpha", "Pillow")
    for n, bits in ((2, 1), (4, 2), (16, 4), (250, 8)):
        S.quantize(n).save(f := f"palette_{bits}.png", bits=bits)
        add(f, f"{bits} bit palette", "Pillow")
    q = S.quantize(16)
    q.save("palette_clear.png", transparency=bytes(range(0, 256, 16)))
    add("palette_clear.png", "palette with alpha", "Pillow")
    grey = np.asarray(S.convert("L"))
    for depth in (1, 2, 4):
        v = grey.astype(int) >> (8 - depth)
        raw(f"grey_{depth}.png", f"{depth} bit grey", 0, depth, packed(v, depth),
            expected=v * 255 // (2 ** depth - 1))
    wide = np.random.default_rng(3).integers(0, 65536, (29, 37, 4)).astype(">u2")
    high = (wide >> 8).astype(np.uint8)
    raw("grey_16.png", "16 bit grey", 0, 16, [r.tobytes() for r in wide[..., 0]], expected=high[..., 0])
    raw("rgb_16.png", "16 bit RGB", 2, 16, [r.tobytes() for r in wide[..., :3]], expected=high[..., :3])
    raw("rgba_16.png", "16 bit RGBA", 6, 16, [r.tobytes() for r in wide], expected=on_white(high))
    la = np.dstack([high[..., 0]] * 3 + [high[..., 1]])
    raw("grey_alpha_16.png", "16 bit grey and alpha", 4, 16, [r.tobytes() for r in wide[..., :2]],
        expected=on_white(la))
    raw("grey_clear.png", "8 bit grey, one of them clear", 0, 8, [r.tobytes() for r in grey],
        (b"tRNS", struct.pack(">H", int(grey[20, 20]))))
    raw("rgb_clear.png", "8 bit RGB, one of them clear", 2, 8, [r.tobytes() for r in A],
        (b"tRNS", struct.pack(">3H", *map(int, A[20, 20]))))
    near = wide.copy()
    near[3, 4, :3] = near[5, 6, :3] = (0x1234, 0x5678, 0x9abc)
    near[7, 8, :3] = (0x1234, 0x5678, 0x9abd)
    white = (near >> 8).astype(np.uint8)[..., :3]
    white[3, 4] = white[5, 6] = 255
    raw("rgb_16_clear.png", "16 bit RGB, one of them clear", 2, 16, [r.tobytes() for r in near[..., :3]],
        (b"tRNS", struct.pack(">3H", 0x1234, 0x5678, 0x9abc)), expected=white)
    v = grey.astype(int) >> 6
    e = np.dstack([v * 85] * 3)
    e[v == 2] = 255
    raw("grey_2_clear.png", "2 bit grey, one of them clear", 0, 2, packed(v, 2),
        (b"tRNS", struct.pack(">H", 2)), expected=e)
    raw("gamma.png", "gamma and chromaticities: ignored", 2, 8, [r.tobytes() for r in A],
        (b"gAMA", struct.pack(">I", 100000)), (b"cHRM", struct.pack(">8I", *range(8))))
    raw("icc_garbage.png", "a profile that is none", 2, 8, [r.tobytes() for r in A],
        (b"iCCP", b"x\0\0" + b"garbage" * 9), expected=A)
    raw("text_garbage.png", "unsound text, EXIF and time", 2, 8, [r.tobytes() for r in A],
        (b"zTXt", b"x"), (b"iTXt", b""), (b"eXIf", b"II"), (b"tIME", b"1"), (b"pHYs", b""), expected=A)
    for kind in ("rgb", "rgba", "grey", "palette_1", "palette_4"):
        run("convert", f"{kind}.png", "-interlace", "PNG", f := f"interlaced_{kind}.png")
        add(f, f"interlaced, {kind.replace('_', ', bits ')}", "ImageMagick", pillow(f"{kind}.png"))
    run("convert", "rgb.png", "-resize", "3x2!", "-interlace", "PNG", "interlaced_small.png")
    add("interlaced_small.png", "interlaced, 3 by 2 pixels", "ImageMagick")


def gif():
    S.quantize(200).save("plain.gif")
    add("plain.gif", "whole screen", "Pillow")
    S.quantize(200).save("interlaced.gif", interlace=1)
    add("interlaced.gif", "interlaced", "Pillow")
    CUT.save("clear.gif")
    add("clear.gif", "transparent colour", "Pillow")
    CUT.save("animated.gif", save_all=True, append_images=[CUT.rotate(90)])
    add("animated.gif", "animation", "Pillow")
    S.quantize(2).save("two.gif")
    add("two.gif", "2 colours", "Pillow")
    run("convert", "-size", "50x40", "xc:blue", "s.png", "-delete", "0", "-page", "50x40+6+4",
        "-dispose", "background", "offset.gif")
    add("offset.gif", "frame smaller than its screen", "ImageMagick")
    run("convert", "c.png", "-repage", "50x40+6+4", "offset_clear.gif")
    add("offset_clear.gif", "frame smaller than its screen, transparent", "ImageMagick")
    run("convert", "s.png", "-repage", "50x40+6+4", "-interlace", "GIF", "offset_interlaced.gif")
    add("offset_interlaced.gif", "frame smaller than its screen, interlaced", "ImageMagick")
    run("convert", "s.png", "-repage", "20x20+6+4", "beyond.gif")
    add("beyond.gif", "frame larger than its screen", "ImageMagick")
    noise = Image.fromarray(rng.integers(0, 256, (64, 64)).astype(np.uint8))
    noise.save("noise.gif")
    add("noise.gif", "noise: every code is used", "Pillow")


def bmp():
    S.save("rgb.bmp")
    add("rgb.bmp", "24 bit", "Pillow")
    S.quantize(256).save("palette.bmp")
    add("palette.bmp", "8 bit palette", "Pillow")
    S.convert("1").save("one.bmp")
    add("one.bmp", "1 bit", "Pillow")
    S.convert("L").save("grey.bmp")
    add("grey.bmp", "8 bit grey", "Pillow")
    CLEAR.save("rgba.bmp")
    add("rgba.bmp", "32 bit, bit fields with alpha", "Pillow")
    for kind in ("BMP2", "BMP3"):
        run("convert", "s.png", f"{kind}:{kind}.bmp")
        add(f"{kind}.bmp", f"24 bit, version {kind[3]}", "ImageMagick")
    run("convert", "s.png", "-colors", "14", "-type", "palette", "BMP3:four.bmp")
    add("four.bmp", "4 bit palette", "ImageMagick")
    for compress in ("RLE",):
        run("convert", "s.png", "-colors", "100", "-type", "palette", "-compress", compress, "BMP3:runs.bmp")
        add("runs.bmp", "8 bit, run lengths", "ImageMagick")
    for name in ("rgb565", "rgb555"):
        run("convert", "s.png", "-define", f"bmp:subtype={name.upper()}", f"BMP:{name}.bmp")
        add(f"{name}.bmp", f"16 bit, {name[3:]}", "ImageMagick")

    def raw(file, feature, w, h, bits, compression, palette, data, masks=b"", expected=None):
        offset = 54 + len(masks) + len(palette)
        with open(file, "wb") as f:
            f.write(b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset))
            f.write(struct.pack("<IiiHHIIiiII", 40, w, h, 1, bits, compression, len(data), 0, 0,
                                len(palette) // 4, 0) + masks + palette + data)
        add(file, feature, "make.py", expected)

    rows = np.pad(A[..., ::-1].reshape(29, -1), ((0, 0), (0, 1))).tobytes()
    raw("top_down.bmp", "24 bit, first row at the top", 37, -29, 24, 0, b"", rows)
    junk = np.dstack([A[..., ::-1], RAMP])[::-1].tobytes()
    raw("junk.bmp", "32 bit without alpha", 37, 29, 32, 0, b"", junk)
    five = (A >> 3).astype(np.uint16)
    pixels = (five[..., 0] << 10 | five[..., 1] << 5 | five[..., 2])[::-1]
    raw("plain555.bmp", "16 bit, no bit fields", 37, 29, 16, 0, b"",
        np.pad(pixels, ((0, 0), (0, 1))).astype("<u2").tobytes())
    colors = bytes((10, 20, 30, 0, 200, 100, 50, 0, 0, 255, 0, 0, 255, 0, 255, 0))
    runs = bytes((4, 0x12, 0, 4, 0x01, 0x23, 0, 0, 0, 2, 1, 1, 3, 0x33, 0, 0, 8, 0x20, 0, 1))
    raw("runs_4.bmp", "4 bit, run lengths with a jump", 8, 4, 4, 2, colors, runs)
    short = bytes((10, 20, 30, 0, 200, 100, 50, 0))
    raw("short_palette.bmp", "8 bit, palette too short", 4, 1, 8, 0, short, bytes((0, 1, 2, 255)),
        expected=[[[30, 20, 10], [50, 100, 200], [0, 0, 0], [0, 0, 0]]])


def tiff():
    s16, s8, s4 = (np.random.default_rng(5).integers(0, 65536, (29, 37, 5)) >> n for n in (0, 8, 12))
    names = {"none": None, "lzw": "tiff_lzw", "deflate": "tiff_adobe_deflate", "packbits": "packbits"}
    for name, compression in names.items():
        S.save(f := f"rgb_{name}.tif", compression=compression)
        add(f, f"8 bit RGB, {name}", "Pillow")
    S.convert("L").save("grey.tif", compression="tiff_lzw")
    add("grey.tif", "8 bit grey", "Pillow")
    S.convert("1").save("one.tif")
    add("one.tif", "1 bit", "Pillow")
    S.quantize(200).save("palette.tif")
    add("palette.tif", "8 bit palette", "Pillow")
    S.convert("CMYK").save("cmyk.tif")
    add("cmyk.tif", "8 bit CMYK", "Pillow")
    CLEAR.save("rgba.tif")
    add("rgba.tif", "8 bit RGB, unassociated alpha", "Pillow")
    for name, arguments in {
        "planes": "-p separate", "tiles": "-t -w 16 -l 16", "tile_planes": "-t -w 16 -l 16 -p separate",
        "strips": "-r 5", "big_endian": "-B", "predictor": "-c lzw:2", "zip_predictor": "-c zip:2 -B",
        "tiles_lzw": "-t -w 32 -l 16 -c lzw:2", "big": "-8", "fill_order": "-f lsb2msb -c lzw",
    }.items():
        run("tiffcp", *arguments.split(), "rgb_none.tif", f := f"rgb_{name}.tif")
        add(f, f"8 bit RGB, {name.replace('_', ' ')}", "tiffcp", A)
    for name, option in (("fax_3", "g3"), ("fax_4", "g4"), ("fax_3_2d", "g3:2d")):
        run("tiffcp", "-c", option, "one.tif", f := f"{name}.tif")
        add(f, f"1 bit, fax ({option})", "tiffcp", pillow("one.tif"))
    S.save("jpeg_rgb.tif", compression="jpeg", quality=90)
    add("jpeg_rgb.tif", "RGB, JPEG", "Pillow")
    S.convert("L").save("jpeg_grey.tif", compression="jpeg", quality=90)
    add("jpeg_grey.tif", "grey, JPEG", "Pillow")
    run("convert", "s.png", "-compress", "JPEG", "-quality", "90", "jpeg_ycc.tif")
    add("jpeg_ycc.tif", "YCbCr, JPEG", "ImageMagick")
    run("convert", "s.png", "-depth", "4", "-type", "palette", "-colors", "16", "palette_4.tif")
    add("palette_4.tif", "4 bit palette", "ImageMagick")
    run("convert", "s.png", "-compress", "zstd", "zstd.tif")
    add("zstd.tif", "8 bit RGB, Zstandard", "ImageMagick", "refused")
    run("convert", "s.png", "-compress", "webp", "webp.tif")
    add("webp.tif", "8 bit RGB, WebP", "ImageMagick", "refused")
    run("convert", "s.png", "-colorspace", "Lab", "lab.tif")
    add("lab.tif", "CIELab", "ImageMagick", "refused")

    def raw(file, feature, a, photometric, bits, expected, kind=1, extra=None, more=(), order="<"):
        a = np.asarray(a)
        a = a[..., None] if a.ndim == 2 else a
        h, w, n = a.shape
        data = a.tobytes()
        tags = [(256, 3, [w]), (257, 3, [h]), (258, 3, [bits] * n), (259, 3, [1]), (262, 3, [photometric]),
                (273, 4, [8]), (277, 3, [n]), (278, 3, [h]), (279, 4, [len(data)]), (339, 3, [kind] * n)]
        if extra is not None:
            tags.append((338, 3, extra))
        tags = sorted(tags + list(more))
        beyond = 8 + len(data)
        entries, pool = b"", b""
        for tag, size, values in tags:
            packed = struct.pack(order + str(len(values)) + {3: "H", 4: "I"}[size], *values)
            if len(packed) > 4:
                place = struct.pack(order + "I", beyond + len(pool))
                pool += packed + b"\0" * (len(packed) % 2)
                packed = place
            entries += struct.pack(order + "HHI", tag, size, len(values)) + packed.ljust(4, b"\0")
        with open(file, "wb") as f:
            f.write((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", beyond + len(pool)))
            f.write(data + pool + struct.pack(order + "H", len(tags)) + entries + b"\0\0\0\0")
        add(file, feature, "make.py", expected)

    straight = np.asarray(CLEAR)
    mult = straight[..., :3].astype(int) * straight[..., 3:] // 255
    associated = np.dstack([mult, straight[..., 3]]).astype(np.uint8)
    raw("associated.tif", "8 bit RGB, associated alpha", associated, 2, 8, None, extra=[1])
    raw("unspecified.tif", "8 bit RGB, unspecified fourth sample", straight, 2, 8, None, extra=[0])
    raw("unsaid.tif", "8 bit RGB, fourth sample without a word", straight, 2, 8, None)
    raw("two_extra.tif", "8 bit RGB, alpha and one more", np.dstack([straight, RAMP[::-1]]), 2, 8,
        on_white(straight), extra=[2, 0])
    la = np.dstack([straight[..., 0], RAMP])
    grey = np.dstack([straight[..., 0]] * 3 + [RAMP])
    raw("grey_alpha.tif", "8 bit grey, unassociated alpha", la, 1, 8, on_white(grey), extra=[2])
    raw("grey_unspecified.tif", "8 bit grey, unspecified second sample", la, 1, 8, grey[..., :3], extra=[0])
    raw("white_is_zero.tif", "8 bit grey, white is zero", 255 - A[..., 0], 0, 8, A[..., 0])
    raw("palette_16.tif", "8 bit palette of 16 bit colours", s8[..., 0].astype(np.uint8), 3, 8,
        None, more=[(320, 3, [(i * 257) for i in range(256)] + [65535 - i * 257 for i in range(256)] + [i * 99
                    for i in range(256)])])
    for order in "<>":
        name = "little" if order == "<" else "big"
        raw(f"grey_16_{name}.tif", f"16 bit grey, {name} endian", s16[..., 0].astype(order + "u2"), 1, 16,
            s8[..., 0], order=order)
        raw(f"rgb_16_{name}.tif", f"16 bit RGB, {name} endian", s16[..., :3].astype(order + "u2"), 2, 16,
            s8[..., :3], order=order)
        raw(f"float_{name}.tif", f"32 bit floating point, {name} endian", (A / 255).astype(order + "f4"), 2,
            32, A, kind=3, order=order)
    raw("rgba_16.tif", "16 bit RGB, unassociated alpha", s16[..., :4].astype("<u2"), 2, 16,
        on_white(s8[..., :4]), extra=[2])
    a16 = (s16[..., :3] * (s16[..., 3:4] / 65535)).astype("<u2")
    w16 = np.minimum(255, (a16 >> 8).astype(int) + 255 - s8[..., 3:4])
    raw("associated_16.tif", "16 bit RGB, associated alpha", np.dstack([a16, s16[..., 3]]).astype("<u2"), 2, 16,
        w16, extra=[1])
    raw("grey_32.tif", "32 bit grey", (s16[..., 0].astype("<u4") << 16), 1, 32, s8[..., 0])
    raw("signed_8.tif", "signed 8 bit grey: from its smallest number", (s8[..., 0] - 128).astype("i1"), 1, 8,
        s8[..., 0], kind=2)
    raw("signed_16.tif", "signed 16 bit grey: from its smallest number", (s16[..., 0] - 32768).astype("<i2"),
        1, 16, s8[..., 0], kind=2)
    raw("signed_32.tif", "signed 32 bit grey: from its smallest number",
        ((s16[..., 0] - 32768).astype("<i4") << 16), 1, 32, s8[..., 0], kind=2)
    raw("float_grey.tif", "32 bit floating-point grey", (A[..., 0] / 255).astype("<f4"), 1, 32, A[..., 0], kind=3)
    raw("float_16.tif", "16 bit floating-point grey", (A[..., 0] / 255).astype("<f2"), 1, 16, A[..., 0], kind=3)
    raw("float_64.tif", "64 bit floating-point grey", (A[..., 0] / 255).astype("<f8"), 1, 64, A[..., 0], kind=3)
    raw("float_255.tif", "floating-point grey to 255", A[..., 0].astype("<f4"), 1, 32, "refused", kind=3)
    raw("float_nan.tif", "floating-point grey with NaN", np.full((2, 2), np.nan, "<f4"), 1, 32, "refused", kind=3)
    raw("cmyk_16.tif", "16 bit CMYK", s16[..., :4].astype("<u2"), 5, 16, None)
    run("tiffcp", "-c", "zip:3", "float_little.tif", "float_predictor.tif")
    add("float_predictor.tif", "32 bit floating point, predictor", "tiffcp", A)
    run("tiffcp", "-c", "lzw:2", "rgb_16_big.tif", "rgb_16_predictor.tif")
    add("rgb_16_predictor.tif", "16 bit RGB, predictor", "tiffcp", s8[..., :3])
    for turn in range(2, 9):
        raw(f"turned_{turn}.tif", f"orientation {turn}", A, 2, 8, None, more=[(274, 3, [turn])])
    S.save("pages.tif", save_all=True, append_images=[CUT.rotate(90)])
    add("pages.tif", "several pages: the first", "Pillow", A)


webp()
jpeg()
png()
gif()
bmp()
tiff()
for f in ("s.png", "c.png"):
    os.remove(f)
with open("pictures.tsv", "w") as out:
    out.writelines("\t".join(row) + "\n" for row in ROWS)
