"""Compares ways to run the bundled encoder: python tests/benchmarks/encoder_runtimes.py

Prints a Markdown table. All runtimes take turns in one process, so that what else the machine
does meets each alike, and the best round of each counts; cold starts and memory are measured in
fresh processes. ONNX Runtime's rows need `pip install onnx onnxruntime`.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.bundled import unpack_bundled
from embeddings.encoder import LightEncoder, load_encoder

Run = Callable[[Any, Any], Any]
"""Embeddings (batch, tokens, hidden) and mask (batch, tokens) to vectors (batch, hidden)."""

SEEDS = Path(__file__).parents[2] / "seeds"
PASSAGE_TOKENS = 200
PASSAGES = 5
COLD = """
import resource, time
start = time.perf_counter()
from embeddings.encoder import load_encoder
encoder = load_encoder()
loaded = time.perf_counter()
encoder.encode_questions(["Who chaired the meeting?"])
asked = time.perf_counter()
used = resource.getrusage(resource.RUSAGE_SELF)
def peak():  # ru_maxrss would be that of the process which started this one
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
first = peak()
encoder.encode_passages(["The two ministers discussed security. " * 30] * 64)
print(loaded - start, asked - loaded, used.ru_utime + used.ru_stime, first, peak())
"""


def openvino_run(path: Path, *, threads: int, group: str | None = None) -> Run:
    """An OpenVINO model; with `group`, activations are quantised in groups of that size."""
    import openvino as ov

    config = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
    if group is not None:
        config["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = group
    request = ov.Core().compile_model(path, "CPU", config).create_infer_request()
    return lambda embeddings, mask: request.infer({0: embeddings, 1: mask})[0].copy()


def openvino_int8(source: Path, target: Path) -> None:
    """Copy a model with the matrices' rows as int8 and one scale a row."""
    import openvino as ov
    from openvino import opset13 as op

    model = ov.Core().read_model(source)
    for node in model.get_ops():
        if node.get_type_name() != "MatMul":
            continue
        weight = node.input_value(1).get_node()
        while weight.get_type_name() == "Convert":
            weight = weight.input_value(0).get_node()
        if weight.get_type_name() == "Constant":
            values = weight.data.astype(np.float32)
            scale = np.abs(values).max(axis=1, keepdims=True) / 127
            whole = op.constant(np.round(values / scale).astype(np.int8))
            back = op.multiply(op.convert(whole, "f32"), op.constant(scale))
            node.input(1).replace_source_output(back.output(0))
    ov.save_model(model, target)


def torch_run(folder: Path, threads: int) -> tuple[Run, Any]:
    """The same network on torch, float32; and the module, for the ONNX export."""
    import torch
    from transformers import AutoModel

    torch.set_num_threads(threads)

    class Encoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = AutoModel.from_pretrained(folder, add_pooling_layer=False).eval()

        def forward(self, inputs_embeds: Any, attention_mask: Any) -> Any:
            made = self.model(inputs_embeds=inputs_embeds, attention_mask=attention_mask)
            hidden = made.last_hidden_state * attention_mask.unsqueeze(-1)
            return torch.nn.functional.normalize(hidden.sum(1), dim=-1)

    module = Encoder().eval()  # the whole of it: an export would put it back to training

    def run(embeddings: Any, mask: Any) -> Any:
        with torch.inference_mode():
            return module(torch.from_numpy(embeddings), torch.from_numpy(mask)).numpy()

    return run, module


def onnx_runs(module: Any, folder: Path, threads: int, sample: tuple[Any, Any]) -> dict[str, Run]:
    """ONNX Runtime, float32 and with dynamically quantised matrices; empty when not installed."""
    try:
        import onnxruntime as ort
        import torch
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError as error:
        print(f"(no ONNX Runtime rows: {error})\n")
        return {}
    axes = {"inputs_embeds": {0: "b", 1: "t"}, "attention_mask": {0: "b", 1: "t"}, "v": {0: "b"}}
    full, small = folder / "full.onnx", folder / "int8.onnx"
    torch.onnx.export(
        module, tuple(torch.from_numpy(part) for part in sample), str(full), opset_version=17,
        input_names=list(axes)[:2], output_names=["v"], dynamic_axes=axes, dynamo=False,
    )  # fmt: skip
    quantize_dynamic(full, small, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)

    def session(path: Path) -> Run:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        made = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        return lambda e, m: made.run(None, {"inputs_embeds": e, "attention_mask": m})[0]

    return {"ONNX Runtime f32": session(full), "ONNX Runtime int8": session(small)}


def timed(run: Run, batch: tuple[Any, Any], repeats: int) -> float:
    """Median seconds of a run, after one that is not counted."""
    run(*batch)
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run(*batch)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    chosen = options.parse_args()
    light = load_encoder()
    assert isinstance(light, LightEncoder)
    text = " ".join(path.read_text(encoding="utf-8") for path in sorted(SEEDS.iterdir()))
    ids = light.tokenizer.ids([text])[0]
    passages = [ids[at : at + PASSAGE_TOKENS] for at in range(0, 16 * 100, 100)]
    many, question = light.words.batch(passages[:PASSAGES]), light.words.batch([ids[5:25]])
    with tempfile.TemporaryDirectory() as name:
        folder, model = Path(name), light.folder / "model.xml"
        openvino_int8(model, folder / "int8.xml")
        torch_f32, module = torch_run(unpack_bundled(), chosen.threads)
        runs = {
            "OpenVINO f32": openvino_run(model, threads=chosen.threads),
            "OpenVINO int8 weights": openvino_run(
                folder / "int8.xml", threads=chosen.threads, group="0"
            ),
            "OpenVINO int8 dynamic": openvino_run(
                folder / "int8.xml", threads=chosen.threads, group="32"
            ),
            "torch f32": torch_f32,
            **onnx_runs(module, folder, chosen.threads, light.words.batch([ids[:20], ids[:12]])),
        }
        best = dict.fromkeys(runs, (np.inf, np.inf))
        for _ in range(chosen.rounds):
            for label, run in runs.items():
                new = timed(run, many, 3) / PASSAGES, timed(run, question, 15)
                best[label] = (min(best[label][0], new[0]), min(best[label][1], new[1]))
    batches = [light.words.batch([passage]) for passage in passages]
    wanted = np.concatenate([runs["torch f32"](*batch) for batch in batches])
    print(f"{datetime.date.today()}, {platform.processor() or platform.machine()},", end=" ")
    print(f"{chosen.threads} threads, load {os.getloadavg()[0]:.1f}:", " ".join(sys.argv), "\n")
    print("| runtime | 200-token passages/s | one question, ms p50 | least cosine |")
    print("|---|---|---|---|")
    for label, (passage_s, question_s) in best.items():
        made = np.concatenate([runs[label](*batch) for batch in batches])
        least = float((made * wanted).sum(axis=1).min())
        print(f"| {label} | {1 / passage_s:.1f} | {1000 * question_s:.1f} | {least:.5f} |")
    cold = min(
        (
            [
                float(value)
                for value in subprocess.check_output([sys.executable, "-c", COLD]).split()
            ]
            for _ in range(3)
        ),
        key=lambda row: row[0],
    )
    print(
        f"\nCold start, best of 3: load {cold[0]:.2f} s, first question {cold[1]:.2f} s,", end=" "
    )
    print(f"{cold[2]:.2f} s of CPU; peak {cold[3]:.0f} MB, after 64 passages {cold[4]:.0f} MB")


if __name__ == "__main__":
    main()
