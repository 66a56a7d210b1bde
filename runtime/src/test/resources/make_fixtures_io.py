"""Makes io/dtypes.safetensors with the reference implementation. Needs: pip install safetensors torch numpy."""
import torch
from safetensors.torch import save_file

x = torch.tensor([[0.0, 1.0, -2.5], [3.25, 100.0, -0.125]])
save_file(
    {
        "f32": x, "f64": x.double(), "f16": x.half(), "bf16": x.bfloat16(),
        "i64": x.long(), "i32": x.int(), "i16": x.short(), "i8": x.to(torch.int8),
        "u8": torch.tensor([[0, 1, 255]], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(7.5), "empty": torch.zeros(0, 4), "naïve \u96ea": torch.tensor([1.5]),
    },
    "io/dtypes.safetensors",
    metadata={"format": "pt", "note": "line\nbreak"},
)

# Types that have no name in PyTorch's default reader: their numbers, and some that nobody reads (complex, 4 and 6 bits).

codes = torch.arange(256, dtype=torch.uint8)
e4m3, e5m2, e8m0 = (codes.clone().view(t) for t in (torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e8m0fnu))
save_file(
    {
        "e4m3": e4m3, "e4m3.f32": e4m3.float(), "e5m2": e5m2, "e5m2.f32": e5m2.float(), "e8m0": e8m0, "e8m0.f32": e8m0.float(),
        "u16": torch.tensor([0, 65535], dtype=torch.uint16), "u32": torch.tensor([0, 4294967295], dtype=torch.uint32),
        "u64": torch.tensor([0, 2**64 - 1], dtype=torch.uint64), "c64": torch.tensor([1 + 2j]),
    },
    "io/rare.safetensors",
)
zip_ = {"model": {"norm.weight": torch.ones(2)}}
torch.save(zip_, "io/new.pt")
torch.save(zip_, "io/old.pt", _use_new_zipfile_serialization=False)
