"""Types of the public names. Made by tools/make_stubs.py from the tables: do not edit."""

from collections.abc import Sequence
from typing import Any

from rushlight.devices import Device as device
from rushlight.dtypes import DType as dtype
from rushlight.size import Size

Number = bool | int | float | complex

from rushlight import Tensor

def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Any: ...
def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Any: ...
def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Any: ...
def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: Any = ...) -> Any: ...
def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: Any = ...) -> Any: ...
def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: Any = ...) -> Any: ...
def avg_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = ...,
    padding: Any = ...,
    ceil_mode: Any = ...,
    count_include_pad: Any = ...,
) -> Any: ...
def avg_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = ...,
    padding: Any = ...,
    ceil_mode: Any = ...,
    count_include_pad: Any = ...,
    divisor_override: Any = ...,
) -> Any: ...
def avg_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = ...,
    padding: Any = ...,
    ceil_mode: Any = ...,
    count_include_pad: Any = ...,
    divisor_override: Any = ...,
) -> Any: ...
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = ...) -> Any: ...
def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = ...,
    size_average: Any = ...,
    reduce: Any = ...,
    reduction: Any = ...,
) -> Any: ...
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = ...,
    size_average: Any = ...,
    reduce: Any = ...,
    reduction: Any = ...,
    pos_weight: Tensor | None = ...,
) -> Any: ...
def celu(input: Tensor, alpha: Any = ..., inplace: Any = ...) -> Any: ...
def channel_shuffle(input: Tensor, groups: Any) -> Any: ...
def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = ...,
    stride: Any = ...,
    padding: Any = ...,
    dilation: Any = ...,
    groups: Any = ...,
) -> Any: ...
def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = ...,
    stride: Any = ...,
    padding: Any = ...,
    dilation: Any = ...,
    groups: Any = ...,
) -> Any: ...
def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = ...,
    stride: Any = ...,
    padding: Any = ...,
    dilation: Any = ...,
    groups: Any = ...,
) -> Any: ...
def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = ...,
    stride: Any = ...,
    padding: Any = ...,
    output_padding: Any = ...,
    groups: Any = ...,
    dilation: Any = ...,
) -> Any: ...
def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = ...,
    stride: Any = ...,
    padding: Any = ...,
    output_padding: Any = ...,
    groups: Any = ...,
    dilation: Any = ...,
) -> Any: ...
def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = ...,
    stride: Any = ...,
    padding: Any = ...,
    output_padding: Any = ...,
    groups: Any = ...,
    dilation: Any = ...,
) -> Any: ...
def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: Any = ...,
    size_average: Any = ...,
    reduce: Any = ...,
    reduction: Any = ...,
) -> Any: ...
def cosine_similarity(x1: Tensor, x2: Tensor, dim: Any = ..., eps: Any = ...) -> Any: ...
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = ...,
    size_average: Any = ...,
    ignore_index: Any = ...,
    reduce: Any = ...,
    reduction: Any = ...,
    label_smoothing: Any = ...,
) -> Any: ...
def elu(input: Tensor, alpha: Any = ..., inplace: Any = ...) -> Any: ...
def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | Number,
    full: Any = ...,
    eps: Any = ...,
    reduction: Any = ...,
) -> Any: ...
def gelu(input: Tensor, *, approximate: Any = ...) -> Any: ...
def glu(input: Tensor, dim: Any = ...) -> Any: ...
def grid_sample(
    input: Tensor, grid: Tensor, mode: Any = ..., padding_mode: Any = ..., align_corners: Any = ...
) -> Any: ...
def group_norm(
    input: Tensor,
    num_groups: Any,
    weight: Tensor | None = ...,
    bias: Tensor | None = ...,
    eps: Any = ...,
) -> Any: ...
def hardshrink(input: Tensor, lambd: Any = ...) -> Any: ...
def hardsigmoid(input: Tensor, inplace: Any = ...) -> Any: ...
def hardswish(input: Tensor, inplace: Any = ...) -> Any: ...
def hardtanh(input: Tensor, min_val: Any = ..., max_val: Any = ..., inplace: Any = ...) -> Any: ...
def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: Any = ...,
    size_average: Any = ...,
    reduce: Any = ...,
    reduction: Any = ...,
) -> Any: ...
def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: Any = ...,
    delta: Any = ...,
    weight: Tensor | None = ...,
) -> Any: ...
def interpolate(
    input: Tensor,
    size: Any = ...,
    scale_factor: Any = ...,
    mode: Any = ...,
    align_corners: Any = ...,
    recompute_scale_factor: Any = ...,
    antialias: Any = ...,
) -> Any: ...
def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: Any = ...,
    reduce: Any = ...,
    reduction: Any = ...,
    log_target: Any = ...,
) -> Any: ...
def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = ...,
    reduce: Any = ...,
    reduction: Any = ...,
    weight: Tensor | None = ...,
) -> Any: ...
def layer_norm(
    input: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = ...,
    bias: Tensor | None = ...,
    eps: Any = ...,
) -> Any: ...
def leaky_relu(input: Tensor, negative_slope: Any = ..., inplace: Any = ...) -> Any: ...
def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = ...,
    weight: Tensor | None = ...,
    reduction: Any = ...,
    ignore_index: Any = ...,
    label_smoothing: Any = ...,
    options: Any = ...,
) -> Any: ...
def local_response_norm(
    input: Tensor, size: Any, alpha: Any = ..., beta: Any = ..., k: Any = ...
) -> Any: ...
def log_softmax(input: Tensor, dim: Any = ..., dtype: Any = ...) -> Any: ...
def logsigmoid(input: Tensor) -> Any: ...
def lp_pool1d(
    input: Tensor, norm_type: Any, kernel_size: Any, stride: Any = ..., ceil_mode: Any = ...
) -> Any: ...
def lp_pool2d(
    input: Tensor, norm_type: Any, kernel_size: Any, stride: Any = ..., ceil_mode: Any = ...
) -> Any: ...
def lp_pool3d(
    input: Tensor, norm_type: Any, kernel_size: Any, stride: Any = ..., ceil_mode: Any = ...
) -> Any: ...
def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: Any = ...,
    size_average: Any = ...,
    reduce: Any = ...,
    reduction: Any = ...,
) -> Any: ...
def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = ...,
    padding: Any = ...,
    dilation: Any = ...,
    ceil_mode: Any = ...,
    return_indices: Any = ...,
) -> Any: ...
def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = ...,
    padding: Any = ...,
    dilation: Any = ...,
    ceil_mode: Any = ...,
    return_indices: Any = ...,
) -> Any: ...
def max_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = ...,
    padding: Any = ...,
    dilation: Any = ...,
    ceil_mode: Any = ...,
    return_indices: Any = ...,
) -> Any: ...
def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = ...,
    padding: Any = ...,
    output_size: Any = ...,
) -> Any: ...
def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = ...,
    padding: Any = ...,
    output_size: Any = ...,
) -> Any: ...
def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = ...,
    padding: Any = ...,
    output_size: Any = ...,
) -> Any: ...
def mish(input: Tensor, inplace: Any = ...) -> Any: ...
def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = ...,
    reduce: Any = ...,
    reduction: Any = ...,
    weight: Tensor | None = ...,
) -> Any: ...
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: Any = ...,
    margin: Any = ...,
    weight: Tensor | None = ...,
    size_average: Any = ...,
    reduce: Any = ...,
    reduction: Any = ...,
) -> Any: ...
def multilabel_margin_loss(
    input: Tensor, target: Tensor, size_average: Any = ..., reduce: Any = ..., reduction: Any = ...
) -> Any: ...
def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = ...,
    size_average: Any = ...,
    reduce: Any = ...,
    reduction: Any = ...,
) -> Any: ...
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = ...,
    size_average: Any = ...,
    ignore_index: Any = ...,
    reduce: Any = ...,
    reduction: Any = ...,
) -> Any: ...
def normalize(input: Tensor, p: Any = ..., dim: Any = ..., eps: Any = ...) -> Any: ...
def pad(input: Tensor, pad: Any, mode: Any = ..., value: Number | Tensor | None = ...) -> Any: ...
def pairwise_distance(
    x1: Tensor, x2: Tensor, p: Any = ..., eps: Any = ..., keepdim: Any = ...
) -> Any: ...
def pdist(input: Tensor, p: Any = ...) -> Any: ...
def pixel_shuffle(input: Tensor, upscale_factor: Any) -> Any: ...
def pixel_unshuffle(input: Tensor, downscale_factor: Any) -> Any: ...
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: Any = ...,
    full: Any = ...,
    size_average: Any = ...,
    eps: Any = ...,
    reduce: Any = ...,
    reduction: Any = ...,
) -> Any: ...
def prelu(input: Tensor, weight: Tensor) -> Any: ...
def relu6(input: Tensor, inplace: Any = ...) -> Any: ...
def rms_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None = ..., eps: Any = ...
) -> Any: ...
def selu(input: Tensor, inplace: Any = ...) -> Any: ...
def sigmoid(input: Tensor) -> Any: ...
def silu(input: Tensor, inplace: Any = ...) -> Any: ...
def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = ...,
    reduce: Any = ...,
    reduction: Any = ...,
    beta: Any = ...,
) -> Any: ...
def soft_margin_loss(
    input: Tensor, target: Tensor, size_average: Any = ..., reduce: Any = ..., reduction: Any = ...
) -> Any: ...
def softmax(input: Tensor, dim: Any = ..., dtype: Any = ...) -> Any: ...
def softmin(input: Tensor, dim: Any = ..., dtype: Any = ...) -> Any: ...
def softplus(input: Tensor, beta: Any = ..., threshold: Any = ...) -> Any: ...
def softshrink(input: Tensor, lambd: Any = ...) -> Any: ...
def softsign(input: Tensor) -> Any: ...
def tanh(input: Tensor) -> Any: ...
def tanhshrink(input: Tensor) -> Any: ...
def threshold(input: Tensor, threshold: Any, value: Any, inplace: Any = ...) -> Any: ...
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: Any = ...,
    p: Any = ...,
    eps: Any = ...,
    swap: Any = ...,
    size_average: Any = ...,
    reduce: Any = ...,
    reduction: Any = ...,
) -> Any: ...
def upsample(
    input: Tensor,
    size: Any = ...,
    scale_factor: Any = ...,
    mode: Any = ...,
    align_corners: Any = ...,
) -> Any: ...
def upsample_bilinear(input: Tensor, size: Any = ..., scale_factor: Any = ...) -> Any: ...
def upsample_nearest(input: Tensor, size: Any = ..., scale_factor: Any = ...) -> Any: ...
def affine_grid(theta: Any, size: Any, align_corners: Any = ...) -> Any: ...
def alpha_dropout(input: Any, p: Any = ..., training: Any = ..., inplace: Any = ...) -> Any: ...
def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = ...,
    bias: Any = ...,
    training: Any = ...,
    momentum: Any = ...,
    eps: Any = ...,
) -> Any: ...
def celu_(input: Any, *args: Any, **kwargs: Any) -> Any: ...
def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: Any = ...,
    reduction: Any = ...,
    zero_infinity: Any = ...,
) -> Any: ...
def dropout(input: Any, p: Any = ..., training: Any = ..., inplace: Any = ...) -> Any: ...
def dropout1d(input: Any, p: Any = ..., training: Any = ..., inplace: Any = ...) -> Any: ...
def dropout2d(input: Any, p: Any = ..., training: Any = ..., inplace: Any = ...) -> Any: ...
def dropout3d(input: Any, p: Any = ..., training: Any = ..., inplace: Any = ...) -> Any: ...
def elu_(input: Any, *args: Any, **kwargs: Any) -> Any: ...
def embedding(
    input: Any,
    weight: Any,
    padding_idx: Any = ...,
    max_norm: Any = ...,
    norm_type: Any = ...,
    scale_grad_by_freq: Any = ...,
    sparse: Any = ...,
) -> Any: ...
def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = ...,
    max_norm: Any = ...,
    norm_type: Any = ...,
    scale_grad_by_freq: Any = ...,
    mode: Any = ...,
    sparse: Any = ...,
    per_sample_weights: Any = ...,
    include_last_offset: Any = ...,
    padding_idx: Any = ...,
) -> Any: ...
def feature_alpha_dropout(
    input: Any, p: Any = ..., training: Any = ..., inplace: Any = ...
) -> Any: ...
def feature_dropout(input: Any, p: Any = ..., training: Any = ..., inplace: Any = ...) -> Any: ...
def fractional_max_pool2d(
    input: Any,
    kernel_size: Any,
    output_size: Any = ...,
    output_ratio: Any = ...,
    return_indices: Any = ...,
    _random_samples: Any = ...,
) -> Any: ...
def fractional_max_pool2d_with_indices(
    input: Any,
    kernel_size: Any,
    output_size: Any = ...,
    output_ratio: Any = ...,
    return_indices: Any = ...,
    _random_samples: Any = ...,
) -> Any: ...
def fractional_max_pool3d(
    input: Any,
    kernel_size: Any,
    output_size: Any = ...,
    output_ratio: Any = ...,
    return_indices: Any = ...,
    _random_samples: Any = ...,
) -> Any: ...
def fractional_max_pool3d_with_indices(
    input: Any,
    kernel_size: Any,
    output_size: Any = ...,
    output_ratio: Any = ...,
    return_indices: Any = ...,
    _random_samples: Any = ...,
) -> Any: ...
def gumbel_softmax(
    logits: Any, tau: Any = ..., hard: Any = ..., eps: Any = ..., dim: Any = ...
) -> Any: ...
def hardsigmoid_(input: Any, *args: Any, **kwargs: Any) -> Any: ...
def hardswish_(input: Any, *args: Any, **kwargs: Any) -> Any: ...
def hardtanh_(input: Any, *args: Any, **kwargs: Any) -> Any: ...
def instance_norm(
    input: Any,
    running_mean: Any = ...,
    running_var: Any = ...,
    weight: Any = ...,
    bias: Any = ...,
    use_input_stats: Any = ...,
    momentum: Any = ...,
    eps: Any = ...,
) -> Any: ...
def leaky_relu_(input: Any, *args: Any, **kwargs: Any) -> Any: ...
def linear(input: Any, weight: Any, bias: Any = ...) -> Any: ...
def mish_(input: Any, *args: Any, **kwargs: Any) -> Any: ...
def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: Any,
    num_heads: Any,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: Any,
    dropout_p: Any,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: Any = ...,
    key_padding_mask: Any = ...,
    need_weights: Any = ...,
    attn_mask: Any = ...,
    use_separate_proj_weight: Any = ...,
    q_proj_weight: Any = ...,
    k_proj_weight: Any = ...,
    v_proj_weight: Any = ...,
    static_k: Any = ...,
    static_v: Any = ...,
    average_attn_weights: Any = ...,
    is_causal: Any = ...,
) -> Any: ...
def one_hot(tensor: Any, num_classes: Any = ...) -> Any: ...
def relu(input: Any, inplace: Any = ...) -> Any: ...
def relu6_(input: Any, *args: Any, **kwargs: Any) -> Any: ...
def relu_(input: Any, *args: Any, **kwargs: Any) -> Any: ...
def rrelu(
    input: Any, lower: Any = ..., upper: Any = ..., training: Any = ..., inplace: Any = ...
) -> Any: ...
def rrelu_(input: Any, *args: Any, **kwargs: Any) -> Any: ...
def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = ...,
    dropout_p: Any = ...,
    is_causal: Any = ...,
    scale: Any = ...,
    enable_gqa: Any = ...,
) -> Any: ...
def selu_(input: Any, *args: Any, **kwargs: Any) -> Any: ...
def silu_(input: Any, *args: Any, **kwargs: Any) -> Any: ...
def threshold_(input: Any, *args: Any, **kwargs: Any) -> Any: ...
def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Any = ...,
    margin: Any = ...,
    swap: Any = ...,
    reduction: Any = ...,
) -> Any: ...
