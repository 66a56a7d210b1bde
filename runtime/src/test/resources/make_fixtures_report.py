"""Makes report/scores.properties from data/small.png and data/palette_png_read.png. Needs: pip install scikit-image pillow."""
import numpy as np
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio as psnr, structural_similarity as ssim

a = np.array(Image.open("data/small.png"))
b = np.array(Image.open("data/palette_png_read.png"))
g = dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
# what the reference's evaluation does, given [-1, 1] tensors
x = (a.astype(np.float32) / 255 - 0.5) / 0.5
y = ((b.astype(np.float32) / 255 - 0.5) / 0.5) * np.float32(1.05)
restored = np.clip(127.5 * y + 128.0, 0, 255).astype(np.uint8).astype(np.float32) / 255.0
truth = (x + 1.0) / 2.0
with open("report/scores.properties", "w") as f:
    f.write(f"psnr={psnr(a, b):.12f}\n")
    f.write(f"ssim.uniform={ssim(a, b, channel_axis=-1):.12f}\n")
    f.write(f"ssim.gaussian={ssim(a, b, channel_axis=-1, **g):.12f}\n")
    z = (b.astype(np.float32) / 255 - 0.5) / 0.5
    f.write(f"ssim.signed={ssim(x, z, data_range=2.0, channel_axis=-1):.12f}\n")
    f.write(f"reference.psnr={psnr(restored, truth, data_range=1.0):.12f}\n")
    f.write(f"reference.ssim={ssim(restored, truth, data_range=2.0, channel_axis=-1):.12f}\n")
