"""One step of training, captured once for each length of batch and replayed from then on.

A small model on a large accelerator waits for its kernels to be launched, not for them to run:
replayed as CUDA graphs, steps read 860,000 tokens/s on an H200 in place of 130,000. So a step must
have fixed shapes, work in place, and never ask the device for a number; what differs from step to
step (examples, learning rate) is read from tensors that are filled beforehand. On a CPU the same
step runs as it is.

The optimizer is AdamW (Loshchilov & Hutter 2019) over one flat vector. With teachers the loss is
distillation's (Hinton et al. 2015): `alpha` of it the cross-entropy against the mean of the
teachers' probabilities over all spans and null.

This module must not know plans, files, or where weights begin and go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from embeddings.errors import UsageError
from qa.read.model import log_likelihood, span_losses
from qa.read.packed import HEAD
from qa.read.train_batches import DeviceExamples, Numbers
from qa.read.train_network import Embeddings, State, forward, layer_of

__all__ = ["FlatAdamW", "StepSettings", "Trainer", "linear_factors"]

MAX_STEPS = 200_000
SAY_EVERY = 250
EDGE_WEIGHT = 0.25
WEIGHT_DECAY = 0.01
CLIP = 1.0
BETAS = (0.9, 0.98)
EPSILON = 1e-8
_LEAST_LOG = -60.0  # of a barred span's probability, which is 0


def linear_factors(steps: int, warmup: int) -> Tensor:
    """Factors `(steps,)` of the learning rate: linear warm-up times linear decay to 0."""
    step = np.arange(steps)
    up = np.minimum(1.0, (step + 1) / max(1, warmup))
    return torch.from_numpy((up * (1.0 - step / max(1, steps))).astype(np.float32))


class FlatAdamW:
    """AdamW with clipping over the given tensors, which become views of one vector.

    Matrices decay, vectors do not. Numbers of the step are kept on the device.

    Args:
        tensors: by name, on the device; those of the head have a learning rate of their own.
        steps: the most steps that can be planned.
    """

    def __init__(self, tensors: State, steps: int = MAX_STEPS) -> None:
        device = next(iter(tensors.values())).device
        total = sum(t.numel() for t in tensors.values())
        zeros = [torch.zeros(total, device=device) for _ in range(6)]
        self.flat, self._grad, self._mean, self._square, self._is_head, self._decay = zeros
        self.tensors: State = {}
        begin = 0
        for name, tensor in tensors.items():
            place = slice(begin, begin + tensor.numel())
            begin = place.stop
            self.flat[place] = tensor.flatten()
            own = self.flat[place].view(tensor.shape).detach().requires_grad_(True)
            own.grad = self._grad[place].view(tensor.shape)
            self.tensors[name] = own
            self._is_head[place] = float(name.startswith(HEAD))
            self._decay[place] = WEIGHT_DECAY if tensor.ndim > 1 else 0.0
        self._rates, self._head_rates = (torch.zeros(steps, device=device) for _ in range(2))
        # Never of no dimension: to read a step's rate with such an index asks the device.
        self._step = torch.zeros(1, dtype=torch.long, device=device)

    @torch.no_grad()
    def reset(self, rates: Tensor, head_rates: Tensor) -> None:
        """Forget the moments and begin at step 0 of the given learning rates, each `(steps,)`."""
        for buffer in (self._grad, self._mean, self._square, self._step):
            buffer.zero_()
        self._rates[: len(rates)] = rates.to(self._rates.device)
        self._head_rates[: len(rates)] = head_rates.to(self._rates.device)

    def zero_grad(self) -> None:
        """Forget the gradients, in place: they are views too."""
        self._grad.zero_()

    @torch.no_grad()
    def update(self) -> None:
        """One step with the gradients that are there; they are clipped to a norm of 1."""
        grad, step = self._grad, self._step
        grad.mul_((CLIP / (grad.norm() + 1e-6)).clamp(max=1.0))
        rate = torch.where(
            self._is_head > 0, self._head_rates.gather(0, step), self._rates.gather(0, step)
        )
        self._mean.lerp_(grad, 1 - BETAS[0])
        self._square.mul_(BETAS[1]).addcmul_(grad, grad, value=1 - BETAS[1])
        done = (step + 1).float()
        first, second = (1 - torch.pow(torch.full_like(done, beta), done) for beta in BETAS)
        change = (self._mean / first) / ((self._square / second).sqrt() + EPSILON)
        self.flat.sub_(rate * (self._decay * self.flat + change))
        step.add_(1)


@dataclass(frozen=True, slots=True)
class StepSettings:
    """What a captured step depends on. `alpha` is the teachers' share of the loss."""

    frozen_layers: int
    dropout: float
    teachers: int
    alpha: float
    batch_tokens: int


class Trainer:
    """Buffers and captured steps for one `StepSettings`; can train several readers in turn.

    Args:
        examples: on the device.
        fixed: the encoder's untrained part, on the device.
        like: any state, for names and shapes.
        settings: see there.
        device: `cpu` or `cuda`.
    """

    def __init__(
        self,
        examples: DeviceExamples,
        fixed: Embeddings,
        like: State,
        settings: StepSettings,
        device: str,
    ) -> None:
        self._examples, self._fixed, self._settings = examples, fixed, settings
        self._device = device
        if device == "cuda":
            torch.backends.cuda.matmul.allow_tf32 = True
        trained = {n: t for n, t in like.items() if _is_trained(n, settings.frozen_layers)}
        self._optimizer = FlatAdamW(trained)
        kept = {n: t.clone() for n, t in like.items() if n not in trained}
        self._state: State = kept | self._optimizer.tensors
        self._teachers = [{n: t.clone() for n, t in like.items()} for _ in range(settings.teachers)]
        self._loss = torch.zeros((), device=device)
        self._chosen: dict[int, Tensor] = {}
        self._steps: dict[int, Callable[[], object]] = {}
        self._pool: Any = None

    def train(
        self,
        schedule: Sequence[tuple[int, Numbers]],
        start: State,
        teachers: Sequence[State],
        *,
        rates: tuple[Tensor, Tensor],
        seed: int,
        say: Callable[[Mapping[str, float]], None],
    ) -> State:
        """Train from `start` and return what became of it.

        Args:
            schedule: length and examples of each step; see `DeviceExamples.schedule`.
            start: the weights to begin with.
            teachers: weights of the teachers, as many as the settings say.
            rates: learning rates of the encoder and of the head, each `(steps,)`.
            seed: of dropout.
            say: told every `SAY_EVERY` steps the step, the mean loss (without the teachers' part
                and the edges') and the examples since the beginning.

        Raises:
            UsageError: the loss is no longer a finite number.
        """
        torch.manual_seed(seed)
        firsts = dict(reversed(schedule))
        for length in sorted(set(firsts) - set(self._steps)):
            # Filled with real examples: capturing runs the step, and numbers must be in range.
            self._chosen[length] = torch.from_numpy(firsts[length]).to(self._device)
            self._steps[length] = self._capture(length)
        self._reset(start, teachers, rates)
        every = torch.from_numpy(np.concatenate([c for _, c in schedule])).to(self._device)
        done = count = 0
        for number, (length, chosen) in enumerate(schedule, 1):
            self._chosen[length].copy_(every[done : done + len(chosen)])
            self._steps[length]()
            done, count = done + len(chosen), count + 1
            if number % SAY_EVERY == 0 or number == len(schedule):
                loss = float(self._loss) / count
                say({"step": number, "loss": round(loss, 4), "examples": done})
                if not np.isfinite(loss):
                    raise UsageError(f"the loss is {loss} at step {number}", "Lower learning_rate")
                self._loss.zero_()
                count = 0
        return {name: tensor.detach().clone() for name, tensor in self._state.items()}

    def _step(self, length: int) -> None:
        """One update, on the examples in `_chosen[length]`."""
        settings = self._settings
        self._optimizer.zero_grad()
        batch = self._examples.gather(self._chosen[length], length)
        inputs = (batch.ids, batch.mask, batch.passage)
        output = forward(
            self._state, self._fixed, *inputs,
            dropout=settings.dropout, frozen_layers=settings.frozen_layers,
        )  # fmt: skip
        likelihood = log_likelihood(output)
        loss, joint = span_losses(
            output, likelihood, batch.starts, batch.ends, edge_weight=EDGE_WEIGHT
        )
        if self._teachers:
            with torch.no_grad():
                said = [
                    log_likelihood(forward(t, self._fixed, *inputs)).exp() for t in self._teachers
                ]
                wanted = sum(said[1:], said[0]) / len(said)
            soft = -(wanted * likelihood.clamp(min=_LEAST_LOG)).sum(1).mean()
            loss = settings.alpha * soft + (1 - settings.alpha) * loss
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.update()
        self._loss.add_(joint.detach())

    def _capture(self, length: int) -> Callable[[], object]:
        """The step for one length; runs it, so that weights and moments are anyone's after."""
        if self._device == "cpu":
            return lambda: self._step(length)
        if not self._steps:
            # What libraries set up on first use must not be captured.
            side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(2):
                    self._step(length)
            torch.cuda.current_stream().wait_stream(side)
            torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            self._step(length)
        self._pool = self._pool if self._pool is not None else graph.pool()
        return graph.replay

    @torch.no_grad()
    def _reset(self, start: State, teachers: Sequence[State], rates: tuple[Tensor, Tensor]) -> None:
        for name, tensor in self._state.items():
            tensor.copy_(start[name])
        for mine, given in zip(self._teachers, teachers, strict=True):
            for name, tensor in mine.items():
                tensor.copy_(given[name])
        self._optimizer.reset(*rates)
        self._loss.zero_()


def _is_trained(name: str, frozen_layers: int) -> bool:
    layer = layer_of(name)
    return layer is None or layer >= frozen_layers
