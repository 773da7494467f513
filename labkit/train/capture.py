"""Training steps recorded once as CUDA graphs and then replayed: one launch instead of many.

A step of Lab 1's GAN is some 190 small operations, which a CPU launches one by one while the GPU
waits. A graph holds a step's kernels with the memory they read and write, so whatever a step reads
must stay where it is: batch and labels are copied into tensors of the recorder's own, weights and
moments are changed in place, random numbers come from one generator that the graph knows.

Not measured on a card yet, so off unless it is asked for: `labkit.train.runtime.records_steps`.
"""

from collections.abc import Callable, Hashable
from dataclasses import replace
from itertools import chain

import torch
from torch import Tensor

from labkit.train.models.base import Context, Family

Stats = dict[str, Tensor]
Replay = Callable[[], Stats]
Recorder = Callable[[Callable[[], Stats], torch.Generator], Replay]
"""Records a step that draws from a generator: runs it to warm up, changes and all, then returns
what repeats it. What a replay returns holds until the next."""

#: Steps before the recorded one: libraries choose kernels and take their memory in the first.
WARM_UP = 3


def cuda_graph(step: Callable[[], Stats], noise: torch.Generator) -> Replay:
    """Record a step as a CUDA graph, see :data:`Recorder`; the recorded step itself does nothing.

    Warm-up and recording have a stream of their own, as
    https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs asks.
    """
    own, current = torch.cuda.Stream(), torch.cuda.current_stream()
    own.wait_stream(current)
    with torch.cuda.stream(own):
        for _ in range(WARM_UP):
            step()
    current.wait_stream(own)
    graph = torch.cuda.CUDAGraph()
    graph.register_generator_state(noise)
    with torch.cuda.graph(graph, stream=own):
        stats = step()

    def replay() -> Stats:
        graph.replay()
        return stats

    return replay


class RecordedSteps:
    """A family's step that is recorded for each of its branches; called as :meth:`Family.step`.

    Only full batches are replayed (as large as the first); others run as they are, and so do
    steps of no branch (:meth:`Family.branch`). Where recording fails all steps run as they are.

    Args:
        family: on its device; its optimisers are made fit to be recorded.
        log: is told in one line why recording failed.
        record: how; a test's own runs without a card.
    """

    def __init__(
        self, family: Family, log: Callable[[str], None], record: Recorder = cuda_graph
    ) -> None:
        self._family, self._log, self._record = family, log, record
        self._noise = torch.Generator(family.device)
        self._epochs_noise: torch.Generator | None = None
        self._batch: Tensor | None = None
        self._labels: Tensor | None = None
        self._replays: dict[Hashable, Replay] = {}
        self.failed = False
        if family.device.type == "cuda":
            _make_recordable(family)

    def __call__(self, batch: Tensor, context: Context) -> Stats:
        if context.noise is not self._epochs_noise:  # a new epoch: its stream, from the start
            self._epochs_noise = context.noise
            self._noise.set_state(context.noise.get_state())
        if self._batch is None:
            self._batch = batch.clone()
            self._labels = None if context.labels is None else context.labels.clone()
        branch = self._family.branch(context)
        context = replace(context, noise=self._noise)
        if self.failed or branch is None or batch.shape != self._batch.shape:
            return self._family.step(batch, context)
        self._batch.copy_(batch)
        if self._labels is not None and context.labels is not None:
            self._labels.copy_(context.labels)
        if branch not in self._replays and not self._recorded(branch, context):
            return self._family.step(batch, replace(context, noise=self._noise))
        return self._replays[branch]()

    def _recorded(self, branch: Hashable, context: Context) -> bool:
        """Record a branch; whether that went well. Nothing is changed by it."""
        family, batch = self._family, self._batch
        assert batch is not None
        static = replace(context, labels=self._labels)
        before = _Before(family, self._noise)
        torch.clear_autocast_cache()
        try:
            self._replays[branch] = self._record(lambda: family.step(batch, static), self._noise)
        except Exception as error:
            self.failed = True
            self._noise = torch.Generator(family.device)  # the graph may hold on to the other
            said = str(error).strip().splitlines() or [""]
            self._log(f"steps are not recorded ({type(error).__name__}: {said[0]}): each is run")
        torch.clear_autocast_cache()
        before.restore(self._noise)
        return not self.failed


class _Before:
    """All that a step changes, as it was: weights, buffers, moments, random streams."""

    def __init__(self, family: Family, noise: torch.Generator) -> None:
        networks = family.networks.values()
        held = chain(*(chain(net.parameters(), net.buffers()) for net in networks))
        self._tensors = [(tensor, tensor.detach().clone()) for tensor in held]
        self._optimisers = list(family.optimisers.values())
        self._tensors += [(moment, moment.clone()) for moment in self._moments()]
        self._noise = noise.get_state()
        self._random = torch.get_rng_state()
        self._device = family.device if family.device.type == "cuda" else None
        if self._device:
            self._random_there = torch.cuda.get_rng_state(self._device)

    def _moments(self) -> list[Tensor]:
        states = (state for optimiser in self._optimisers for state in optimiser.state.values())
        return [value for state in states for value in state.values() if isinstance(value, Tensor)]

    @torch.no_grad()
    def restore(self, noise: torch.Generator) -> None:
        """Put everything back where it lies; moments made since then are 0, as new ones are."""
        known = {id(tensor) for tensor, _ in self._tensors}
        for tensor, value in self._tensors:
            tensor.copy_(value)
        for moment in self._moments():
            if id(moment) not in known:
                moment.zero_()
        noise.set_state(self._noise)
        torch.set_rng_state(self._random)
        if self._device:
            torch.cuda.set_rng_state(self._random_there, self._device)


def _make_recordable(family: Family) -> None:
    """Let the optimisers count their steps on the device; they compute the same."""
    for optimiser in family.optimisers.values():
        for group in optimiser.param_groups:
            group["capturable"] = True
        optimiser.load_state_dict(optimiser.state_dict())  # moves counts that are on the CPU
