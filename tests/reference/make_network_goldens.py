"""Makes tests/golden/networks.safetensors: one training step of a narrow variant of each network, 20 of U-Net.

    python tests/reference/make_network_goldens.py [OUTPUT]

Per network, keys `<network>.<what>`: `images` [N, H, W, 1], `labels`, `loss` (1/2 (cross entropy + Dice)),
`parameter.<name>`, `gradient.<name>`, and for batch norms `running_after.<name>`. Dropout and drop path are off.
`u_net_steps` holds 20 steps of SGD on five batches used in turn, from the parameters of `u_net`: `images`, `labels`,
`rates`, `losses`; `segmentation_loss` a loss of logits alone. All in float64; the script also prints how far PyTorch's
own float32 results are from these, which is what a tolerance must be judged by.
"""

import sys
from pathlib import Path

import torch

from golden_file import Goldens, integers, normal
from layouts import nhwc
from networks import AttUNet, CSUNet, SwinUNet, UNet, loss_of, parameter_count, supervised_loss
from hybrid import R50UNet, TransUNet
from vit import ViTNet
from septum_names import septum_gradients, septum_states, septum_tensors

KINK = 5e-5  # float32 gradients are this far off only where rounding turns a slope
TINY_VIT = {"side": 64, "width": 8, "heads": 2, "layers": 2, "mlp": 12, "decoder": 16, "stochastic": False}
TINY_RESNET = {"width": 4, "blocks": (2, 1, 1), "groups": 2}
TINY_HYBRID = {"side": 64, "width": 4, "blocks": (2, 1, 1), "groups": 2, "hidden": 8, "heads": 2, "layers": 1,
               "mlp": 12, "decoder": 16, "stochastic": False}
TINY_TRANSFORMER = {"grid": 24, "dim": 6, "heads": (1, 2, 4, 8), "window": 3, "stochastic": False}


def lively(name, network):
    """Parameters that all matter: no weight near zero, no gamma at one, no bias at zero. Exact in float32. CS-Unet's
    depthwise 7x7 convolution is small, so that the epsilon of the norm behind it (1e-6, not 1e-5) shows."""
    for key, parameter in network.named_parameters():
        if key.endswith(("scale", "spread")):
            spread, centre = 0.2, 0.7
        elif parameter.dim() == 1 and key.endswith("weight"):
            spread, centre = 0.2, 1.0
        elif parameter.dim() == 1:
            spread, centre = 0.2, 0.0
        elif key.endswith("table"):
            spread, centre = 0.5, 0.0
        else:
            spread, centre = (parameter.numel() / parameter.shape[0]) ** -0.5, 0.0
        if ".depthwise." in key:
            spread *= 0.03
        with torch.no_grad():
            parameter.copy_(normal(f"{name}.{key}", parameter.shape, spread, centre))
    return network


def blobs(name, shape, classes):
    """Label maps of smooth regions, and images that show them through noise."""
    n, side = shape
    fields = torch.nn.functional.interpolate(normal(f"{name}.fields", (n, classes, 5, 5)), size=(side, side),
                                             mode="bicubic", align_corners=True)
    labels = fields.argmax(1)
    images = labels[:, None].double() / classes + normal(f"{name}.noise", (n, 1, side, side), 0.2)
    return images.float().double(), labels


def training_step(network, images, labels):
    """Leaves the gradients in the parameters and returns the loss."""
    network.train().zero_grad()
    loss = loss_of(network(images), labels)
    loss.backward()
    return loss.detach().double()


def largest_difference(tensors, goldens):
    """Over all tensors, the largest difference relative to the golden's largest element. A golden below 1e-5 of the
    network's largest gradient is zero but for rounding (the bias before a batch norm): there it counts relative to
    the latter."""
    largest = max(golden.abs().max() for golden in goldens.values())

    def scale(golden):
        return golden.abs().max() if golden.abs().max() > 1e-5 * largest else largest

    return max(((tensors[name] - golden).abs().max() / scale(golden)).item() for name, golden in goldens.items())


def prefixed(prefix, tensors):
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def add_training_step(goldens, name, create, images, labels):
    network = lively(name, create().double())
    goldens.put(name, images=nhwc(images), labels=labels)
    goldens.put(name, **prefixed("parameter", septum_tensors(network)))
    loss = training_step(network, images, labels)
    goldens.put(name, loss=loss)
    goldens.put(name, **prefixed("gradient", septum_gradients(network)))
    goldens.put(name, **prefixed("running_after", septum_states(network)))

    single = lively(name, create())
    training_step(single, images.float(), labels)
    off = largest_difference(septum_gradients(single), septum_gradients(network))
    print(f"{name}: {parameter_count(network):,} parameters, loss {loss:.4f}, float32 gradients off by {off:.1e}")
    if off > KINK:
        raise SystemExit(f"{name}: some value lies so near a kink of leaky ReLU or max pooling that rounding "
                         "decides the gradient; take other images")


STEPS, BATCHES = 20, 5


def train(network, batches, rates):
    optimiser = torch.optim.SGD(network.parameters(), lr=1, momentum=0.9, weight_decay=1e-4)
    losses = []
    for step, rate in enumerate(rates.tolist()):
        optimiser.param_groups[0]["lr"] = rate
        images, labels = batches[step % len(batches)]
        losses.append(training_step(network, images.to(network.head.weight.dtype), labels))
        optimiser.step()
    return torch.stack(losses)


def add_steps(goldens, name, parameters_of, create):
    """Starts from the parameters of the case `parameters_of`."""
    rates = (0.05 * (1 - torch.arange(STEPS, dtype=torch.float64) / STEPS) ** 0.9).float().double()
    batches = [blobs(f"{name}.{i}", (2, 32), 4) for i in range(BATCHES)]
    losses = train(lively(parameters_of, create().double()), batches, rates)
    single = train(lively(parameters_of, create()), batches, rates)
    goldens.put(name, rates=rates, losses=losses, images=torch.stack([nhwc(images) for images, _ in batches]),
                labels=torch.stack([labels for _, labels in batches]))
    print(f"{name}: loss {losses[0]:.4f} -> {losses[-1]:.4f}, float32 losses off by "
          f"{((single - losses).abs() / losses).max():.1e}")


def add_loss(goldens, name):
    """0.4 cross entropy + 0.6 Dice where class 2 is neither there nor likely, so that Dice's smooth term counts."""
    labels = integers(f"{name}.labels", (2, 4, 4), 2)
    logits = normal(f"{name}.logits", (2, 3, 4, 4)) - torch.tensor([0.0, 0.0, 6.0])[None, :, None, None]
    logits = logits.float().double().requires_grad_()
    loss = supervised_loss(logits, labels, entropy_weight=0.4)
    loss.backward()
    goldens.put(name, logits=nhwc(logits), labels=labels, loss=loss, gradient=nhwc(logits.grad))


def main():
    default = Path(__file__).resolve().parents[1] / "golden" / "networks.safetensors"
    goldens = Goldens()

    def u_net():
        return UNet(classes=4, width=4, stochastic=False)

    add_training_step(goldens, "u_net", u_net, *blobs("u_net", (2, 32), 4))
    add_steps(goldens, "u_net_steps", "u_net", u_net)
    add_training_step(goldens, "u_net_transposed",
                      lambda: UNet(classes=3, width=2, channels=1, transposed=True, stochastic=False),
                      *blobs("u_net_transposed", (2, 32), 3))
    add_training_step(goldens, "att_unet", lambda: AttUNet(classes=4, width=4), *blobs("att_unet", (2, 32), 4))
    add_training_step(goldens, "swin_unet", lambda: SwinUNet(classes=4, **TINY_TRANSFORMER),
                      *blobs("swin_unet", (2, 96), 4))
    add_training_step(goldens, "cs_unet", lambda: CSUNet(classes=9, **TINY_TRANSFORMER),
                      *blobs("cs_unet", (2, 96), 9))
    add_training_step(goldens, "vit", lambda: ViTNet(classes=4, **TINY_VIT), *blobs("vit", (2, 64), 4))
    for name, how in (("r50_unet", "concat"), ("r50_att_unet", "gated")):
        add_training_step(goldens, name, lambda: R50UNet(classes=4, how=how, **TINY_RESNET), *blobs(name, (2, 64), 4))
    for name, skips, images in (("trans_unet", True, "trans_unet"), ("r50_vit", False, "vit")):
        add_training_step(goldens, name, lambda: TransUNet(classes=4, skips=skips, **TINY_HYBRID),
                          *blobs(images, (2, 64), 4))
    add_loss(goldens, "segmentation_loss")
    goldens.write(sys.argv[1] if len(sys.argv) > 1 else default)


if __name__ == "__main__":
    main()
