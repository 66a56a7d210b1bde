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
