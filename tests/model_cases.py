"""Small networks of torchvision's, each made after a seed: as text, in names of torchvision."""

CASES = [
    (
        "models.ResNet(models.resnet.Bottleneck, [1, 2, 1, 1], num_classes=3, groups=2,"
        " width_per_group=16, replace_stride_with_dilation=[False, True, True])",
        (1, 3, 32, 32),
    ),
    (
        "models.ResNet(models.resnet.BasicBlock, [1, 1, 1, 1], zero_init_residual=True,"
        " norm_layer=lambda n: nn.GroupNorm(4, n))",
        (1, 3, 32, 32),
    ),
    ("models.mobilenet_v2(num_classes=3, width_mult=0.35)", (2, 3, 40, 32)),
    (
        "models.VisionTransformer(32, 16, 2, 2, 8, 16, num_classes=3, representation_size=5)",
        (2, 3, 32, 32),
    ),
    (
        "models.VisionTransformer(16, 4, 1, 2, 8, 16, conv_stem_configs=["
        "models.vision_transformer.ConvStemConfig(4, 3, 2), "
        "models.vision_transformer.ConvStemConfig(6, 3, 2)])",
        (1, 3, 16, 16),
    ),
    (
        "ops.MLP(4, [6, 3], norm_layer=nn.LayerNorm, inplace=False, dropout=0.5)",
        (5, 4),
    ),
    ("ops.Conv2dNormActivation(3, 4, (3, 5), dilation=2, activation_layer=nn.SiLU)", (1, 3, 9, 9)),
    ("ops.Conv3dNormActivation(3, 4, norm_layer=None)", (1, 3, 3, 3, 3)),
    ("ops.SqueezeExcitation(4, 2)", (2, 4, 3, 3)),
]


def structure(model):
    """How many numbers a network has, and its text, from which all of its shapes follow."""
    state = [f"{key} {tuple(x.shape)} {x.dtype}" for key, x in model.state_dict().items()]
    return [sum([p.numel() for p in model.parameters()]), state, repr(model)]


def filled(shape):
    """Numbers for an input of that shape, as nested lists."""
    import numpy as np

    count = int(np.prod(shape))
    return (np.sin(np.arange(count) * 0.37).reshape(shape) + 0.1).astype(np.float32)
