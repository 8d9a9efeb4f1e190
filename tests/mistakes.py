"""Mistakes that learners make, as code, and what rushlight says to each, word for word.

The code finds `torch`, `nn`, `np`, `copy`, `DataLoader`, `TensorDataset` and the classes of
`test_error_messages.py`.
"""

MISTAKES = [
    # shapes
    (
        "nn.Linear(3, 4)(torch.ones(2, 5))",
        "linear: mat1 and mat2 shapes cannot be multiplied (2x5 and 3x4)\n"
        "    input is float32[2, 5]\n"
        "    weight is float32[4, 3]\n"
        "  hint: the last size of the input must be 3, the layer's in_features",
    ),
    (
        "torch.ones(2, 3) @ torch.ones(2, 3)",
        "matmul: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)\n"
        "    mat1 is float32[2, 3]\n"
        "    mat2 is float32[2, 3]\n"
        "  hint: the last size of the first must be the first size of the second",
    ),
    (
        "torch.ones(3) @ torch.ones(4)",
        "dot: inconsistent tensor size, expected tensor [3] and src [4] to have the same "
        "number of elements, but got 3 and 4 elements respectively",
    ),
    (
        "torch.mm(torch.ones(3), torch.ones(3))",
        "mm: input must be a matrix\n    input is float32[3]",
    ),
    (
        "torch.bmm(torch.ones(2, 3, 4), torch.ones(3, 4, 5))",
        "bmm: Expected size for first two dimensions of batch2 tensor to be: [2, 4] but "
        "got: [3, 4].\n"
        "    input is float32[2, 3, 4]\n"
        "    mat2 is float32[3, 4, 5]",
    ),
    (
        "torch.ones(2, 3) + torch.ones(2, 4)",
        "add: shapes do not broadcast\n"
        "    input is float32[2, 3]\n"
        "    other is float32[2, 4]\n"
        "  hint: sizes must match from the right, or be 1; try unsqueeze or reshape",
    ),
    (
        "torch.ones(6).reshape(4, 2)",
        "reshape: shape '[4, 2]' is invalid for input of size 6\n    input is float32[6]",
    ),
    (
        "torch.ones(2, 3).t().view(6)",
        "view: view size is not compatible with input tensor's size and stride (at least "
        "one dimension spans across two contiguous subspaces)\n"
        "    input is float32[3, 2] with strides (1, 3)\n"
        "    size is [6]\n"
        "  hint: use .reshape(...) instead, which copies when it must",
    ),
    (
        "torch.cat([torch.ones(2, 3), torch.ones(2, 4)])",
        "cat: Sizes of tensors must match except in dimension 0. Expected size 3 but got "
        "size 4 for tensor number 1 in the list.\n"
        "    the first is float32[2, 3]\n"
        "    this is float32[2, 4]",
    ),
    (
        "torch.stack([torch.ones(2), torch.ones(3)])",
        "stack: stack expects each tensor to be equal size, but got [2] at entry 0 and [3] "
        "at entry 1",
    ),
    (
        "torch.ones(2, 3).expand(4, 3)",
        "expand: The expanded size of the tensor (4) must match the existing size (2) at "
        "non-singleton dimension 0.  Target sizes: [4, 3].  Tensor sizes: [2, 3]",
    ),
    (
        "x = torch.zeros(3); x[0:2] = torch.ones(3)",
        "setitem: could not broadcast input array from shape (3,) into shape (2,)\n"
        "    the tensor is float32[3]\n"
        "    the value is float32[3]",
    ),
    (
        "x = torch.ones(2); x += torch.ones(2, 2)",
        "add_: an in-place result must keep the shape of the tensor\n"
        "    the tensor is float32[2]\n"
        "    the result is float32[2, 2]\n"
        "  hint: use add() to get a new tensor",
    ),
    (
        "nn.Conv2d(1, 4, 3)(torch.ones(2, 3, 8, 8))",
        "conv2d: Given groups=1, weight of size [4, 1, 3, 3], expected input[2, 3, 8, 8] "
        "to have 1 channels, but got 3 channels instead\n"
        "    input is float32[2, 3, 8, 8]\n"
        "    weight is float32[4, 1, 3, 3]\n"
        "  hint: the channels are the size after the batch: (batch, channels, ...)",
    ),
    (
        "nn.Conv2d(1, 4, 3)(torch.ones(8, 8))",
        "conv2d: Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of "
        "size: [8, 8]\n"
        "    input is float32[8, 8]\n"
        "  hint: the sizes are (channels, height, width), after those of a batch: "
        "x.unsqueeze(0) adds one",
    ),
    (
        "nn.Conv2d(1, 4, 9)(torch.ones(1, 1, 5, 5))",
        "conv2d: Calculated padded input size per channel: (5 x 5). Kernel size: (9 x 9). "
        "Kernel size can't be greater than actual input size\n"
        "    input is float32[1, 1, 5, 5]\n"
        "  hint: give padding, or fewer layers that make the input smaller",
    ),
    (
        "nn.MaxPool2d(9)(torch.ones(1, 1, 5, 5))",
        "max_pool2d: Given input size: (1x5x5). Calculated output size: (1x0x0). Output "
        "size is too small\n"
        "  hint: give fewer or smaller windows: each makes the input smaller",
    ),
    (
        "nn.BatchNorm1d(3)(torch.ones(2, 4))",
        "batch_norm: running_mean should contain 4 elements not 3\n"
        "    input is float32[2, 4]\n"
        "  hint: the input has 4 channels: give the layer num_features=4",
    ),
    (
        "nn.BatchNorm1d(3)(torch.ones(1, 3))",
        "batch_norm: Expected more than 1 value per channel when training, got input size "
        "torch.Size([1, 3])\n"
        "  hint: use a larger batch, or .eval() mode",
    ),
    (
        "nn.BatchNorm2d(3)(torch.ones(2, 3))",
        "BatchNorm2d: expected 4D input (got 2D input)\n    input is float32[2, 3]",
    ),
    (
        "nn.LayerNorm(4)(torch.ones(2, 3))",
        "layer_norm: Given normalized_shape=[4], expected input with shape [*, 4], but got "
        "input of size[2, 3]\n"
        "    input is float32[2, 3]\n"
        "  hint: normalized_shape is the last size (or sizes) of the input",
    ),
    (
        "torch.zeros(-1)",
        "zeros: trying to create tensor with negative dimension: (-1,)",
    ),
    (
        "torch.zeros(2.5)",
        "zeros: a size must be a tuple of integers, not (2.5,)\n"
        "  hint: convert the sizes with int(...), or divide with //",
    ),
    (
        "torch.einsum('ij,jk->ik', torch.ones(2, 3), torch.ones(2, 3))",
        "einsum: subscript j has size 2 for operand 1 which does not broadcast with "
        "previously seen size 3",
    ),
    # dtypes
    (
        "nn.Linear(3, 4)(torch.ones(2, 3, dtype=torch.int64))",
        "linear: mat1 and mat2 must have the same dtype, but got int64 and float32\n"
        "    input is int64[2, 3]\n"
        "    weight is float32[4, 3]\n"
        "  hint: convert the input: x.to(torch.float32)",
    ),
    (
        "nn.Conv2d(1, 4, 3)(torch.ones(1, 1, 5, 5, dtype=torch.uint8))",
        "conv2d: Input type (uint8) and weight type (float32) should be the same\n"
        "    input is uint8[1, 1, 5, 5]\n"
        "    weight is float32[4, 1, 3, 3]\n"
        "  hint: convert the input: x.to(torch.float32)",
    ),
    (
        "torch.ones(2, dtype=torch.int64).mean()",
        "mean: takes floating-point or complex tensors\n"
        "    input is int64[2]\n"
        "  hint: convert it with .float(), or give dtype=torch.float32",
    ),
    (
        "torch.softmax(torch.ones(2, 3, dtype=torch.int64), dim=1)",
        "softmax: not implemented for 'int64'\n"
        "    input is int64[2, 3]\n"
        "  hint: convert to a floating-point type first, as in x.float()",
    ),
    (
        "torch.ones(2) & torch.ones(2)",
        "bitwise_and: is not defined for float32\n"
        "    input is float32[2]\n"
        "    other is float32[2]\n"
        "  hint: compare first: (x > 0) & (y > 0), ~(x > 0); or convert to an integer type",
    ),
    (
        "~torch.ones(2)",
        "bitwise_not: is not defined for float32\n"
        "    input is float32[2]\n"
        "  hint: compare first: (x > 0) & (y > 0), ~(x > 0); or convert to an integer type",
    ),
    (
        "-torch.tensor([True])",
        "neg: negation is not defined for bool tensors\n"
        "  hint: use ~ or logical_not to invert a mask",
    ),
    (
        "torch.tensor([True]) - torch.tensor([False])",
        "sub: subtraction is not defined for bool tensors\n"
        "  hint: use ^ or logical_xor, or ~ to invert a mask, or convert to a number first",
    ),
    (
        "torch.tensor([2]) ** -1",
        "pow: integers to negative integer powers are not allowed\n"
        "  hint: convert the tensor to float first",
    ),
    (
        "x = torch.ones(2, dtype=torch.int64); x += 0.5",
        "add_: result type float32 can't be cast to the tensor's int64\n"
        "  hint: use add() to get a new tensor, or convert this one first",
    ),
    (
        "torch.where(torch.ones(2), torch.ones(2), torch.zeros(2))",
        "where: condition must be a bool tensor\n"
        "    condition is float32[2]\n"
        "  hint: a comparison makes such a tensor, or .bool()",
    ),
    (
        "nn.Embedding(3, 2)(torch.tensor([1.0]))",
        "embedding: Expected dtype int32 or int64 for index\n"
        "    input is float32[1]\n"
        "  hint: convert it with .long()",
    ),
    (
        "torch.gather(torch.ones(2, 3), 1, torch.zeros(2, 3))",
        "gather: Expected dtype int32 or int64 for index\n"
        "    index is float32[2, 3]\n"
        "  hint: convert it with .long()",
    ),
    (
        "torch.tensor([1, 2], requires_grad=True)",
        "tensor: only Tensors of floating point and complex dtype can require gradients\n"
        "    the tensor is int64[2]",
    ),
    (
        "nn.Parameter(torch.ones(2, dtype=torch.int64))",
        "requires_grad_: only Tensors of floating point and complex dtype can require gradients\n"
        "    the tensor is int64[2]",
    ),
    # losses
    (
        "nn.CrossEntropyLoss()(torch.ones(2, 3), torch.ones(2))",
        "cross_entropy: expected target dtype to be Long or Byte, but got float32\n"
        "    input is float32[2, 3]\n"
        "    target is float32[2]\n"
        "  hint: convert with .long()",
    ),
    (
        "nn.CrossEntropyLoss()(torch.ones(2, 3), torch.ones(2, dtype=torch.int32))",
        "cross_entropy: expected target dtype to be Long or Byte, but got int32\n"
        "    input is float32[2, 3]\n"
        "    target is int32[2]\n"
        "  hint: convert with .long()",
    ),
    (
        "nn.CrossEntropyLoss()(torch.ones(2, 3), torch.ones(4, dtype=torch.int64))",
        "cross_entropy: Expected input batch_size (2) to match target batch_size (4).\n"
        "    input is float32[2, 3]\n"
        "    target is int64[4]\n"
        "  hint: each row of scores needs one class: look at the shapes of both",
    ),
    (
        "nn.CrossEntropyLoss()(torch.ones(2, 3), torch.ones(2, 1, dtype=torch.int64))",
        "cross_entropy: 0D or 1D target tensor expected, multi-target not supported\n"
        "    input is float32[2, 3]\n"
        "    target is int64[2, 1]\n"
        "  hint: one-hot rows: target.argmax(1); a (batch, 1) target: target.squeeze(1)",
    ),
    (
        "nn.CrossEntropyLoss()(torch.ones(2, 3), torch.tensor([0, 3])).item()",
        "loss: Target 3 is out of bounds.\n"
        "  hint: there are 3 classes, so targets are 0 to 2 (or -100, which is ignored)",
    ),
    (
        "nn.CrossEntropyLoss()(torch.ones(2, 3), torch.tensor([0, -1])).item()",
        "loss: Target -1 is out of bounds.\n"
        "  hint: there are 3 classes, so targets are 0 to 2 (or -100, which is ignored)",
    ),
    (
        "nn.CrossEntropyLoss()(torch.ones(2, 3, dtype=torch.int64), torch.tensor([0, 1]))",
        "cross_entropy: not implemented for 'int64'\n"
        "    input is int64[2, 3]\n"
        "  hint: convert to a floating-point type first, as in x.float()",
    ),
    (
        "nn.CrossEntropyLoss()(torch.ones(2, 3), np.array([0, 1]))",
        "cross_entropy: argument 'target' must be Tensor, not ndarray\n"
        "  hint: torch.from_numpy(array) makes a tensor of a NumPy array",
    ),
    (
        "nn.CrossEntropyLoss(weight=torch.ones(2))(torch.ones(2, 3), torch.tensor([0, 1]))",
        "cross_entropy: weight tensor should be defined either for all or no classes, i.e. "
        "it should have 3 elements\n"
        "    weight is float32[2]",
    ),
    (
        "nn.CrossEntropyLoss(reduction='avg')(torch.ones(2, 3), torch.tensor([0, 1]))",
        "loss: avg is not a valid value for reduction\n  hint: use 'none', 'mean' or 'sum'",
    ),
    (
        "nn.CrossEntropyLoss(torch.ones(2, 3), torch.tensor([0, 1]))",
        "loss: the loss was made with tensors, where it takes options\n"
        "  hint: make it first, then call it: criterion = nn.MSELoss(); criterion(output, target)",
    ),
    (
        "nn.NLLLoss()(torch.ones(2, 3), torch.tensor([0, 5])).item()",
        "loss: Target 5 is out of bounds.\n"
        "  hint: there are 3 classes, so targets are 0 to 2 (or -100, which is ignored)",
    ),
    (
        "nn.MSELoss()(torch.ones(2, 3), torch.ones(4))",
        "loss: the sizes of input and target do not fit together\n"
        "    input is float32[2, 3]\n"
        "    target is float32[4]\n"
        "  hint: they should be the same: look at what the model returns, and at the dataset",
    ),
    (
        "nn.BCELoss()(torch.tensor([1.5, 0.2]), torch.tensor([1.0, 0.0])).item()",
        "binary_cross_entropy: all elements of input should be between 0 and 1\n"
        "  hint: apply sigmoid first, or use binary_cross_entropy_with_logits",
    ),
    (
        "nn.BCELoss()(torch.tensor([float('nan')]), torch.ones(1)).item()",
        "binary_cross_entropy: all elements of input should be between 0 and 1\n"
        "  hint: there are nan in it: a step too large? nan in the data? log or sqrt of 0?",
    ),
    (
        "nn.BCELoss()(torch.ones(2, 1), torch.ones(2))",
        "binary_cross_entropy: Using a target size (torch.Size([2])) that is different to "
        "the input size (torch.Size([2, 1])) is deprecated. Please ensure they have the "
        "same size.\n"
        "  hint: a (batch, 1) output goes with a (batch, 1) target: try target.unsqueeze(1)",
    ),
    (
        "nn.BCELoss()(torch.ones(2), torch.ones(2, dtype=torch.int64))",
        "binary_cross_entropy: Found dtype int64 but expected float32\n"
        "    input is float32[2]\n"
        "    target is int64[2]\n"
        "  hint: convert the target: target.to(torch.float32)",
    ),
    (
        "nn.BCEWithLogitsLoss()(torch.ones(2, 1), torch.ones(2))",
        "binary_cross_entropy_with_logits: Target size (torch.Size([2])) must be the same "
        "as input size (torch.Size([2, 1]))\n"
        "  hint: a (batch, 1) output goes with a (batch, 1) target: try target.unsqueeze(1)",
    ),
    (
        "nn.BCEWithLogitsLoss()(torch.ones(2), torch.ones(2, dtype=torch.int64))",
        "binary_cross_entropy_with_logits: result type float32 can't be cast to the "
        "target's int64\n"
        "    input is float32[2]\n"
        "    target is int64[2]\n"
        "  hint: convert the target: target.float()",
    ),
    (
        "nn.CrossEntropyLoss()(torch.ones(1, 3), torch.tensor([float('nan')]).long()).item()",
        "loss: Target -9223372036854775808 is out of bounds.\n"
        "  hint: this is what nan becomes as an integer: look for nan in the targets",
    ),
    # autograd
    (
        "torch.ones(2).sum().backward()",
        "backward: element 0 of tensors does not require grad and does not have a grad_fn\n"
        "    the tensor is float32[]\n"
        "  hint: make a leaf it depends on with requires_grad=True, outside torch.no_grad()",
    ),
    (
        "torch.ones(2, requires_grad=True).mul(2).backward()",
        "backward: grad can be implicitly created only for scalar outputs\n"
        "    the tensor is float32[2]\n"
        "  hint: reduce it first, e.g. loss.sum(), or give a gradient of the same shape",
    ),
    (
        "w = torch.ones(2, requires_grad=True); y = (w * w).sum(); y.backward(); y.backward()",
        "backward: trying to backward through the graph a second time: the values it needs "
        "were freed by the first .backward() or autograd.grad()\n"
        "  hint: give retain_graph=True to the first call if you need a second one",
    ),
    (
        "torch.ones(2, requires_grad=True).mul(2).backward(torch.ones(3))",
        "backward: mismatch in shape\n    the output is float32[2]\n    the gradient is float32[3]",
    ),
    (
        "torch.ones(2, requires_grad=True).numpy()",
        "numpy: can't call numpy() on Tensor that requires grad\n"
        "    the tensor is float32[2]\n"
        "  hint: use tensor.detach().numpy()",
    ),
    (
        "torch.ones(3).item()",
        "item: a Tensor with 3 elements cannot be converted to Scalar\n"
        "    the tensor is float32[3]\n"
        "  hint: use .tolist() for all of them, or reduce it first, e.g. .mean()",
    ),
    (
        "float(torch.ones(3))",
        "number: only one element tensors can be converted to Python scalars\n"
        "    the tensor is float32[3]\n"
        "  hint: use .tolist() for all of them, or reduce it first, e.g. .mean()",
    ),
    (
        "bool(torch.ones(3) > 0)",
        "bool: Boolean value of Tensor with more than one value is ambiguous\n"
        "    the tensor is bool[3]\n"
        "  hint: use x.any(), x.all() or x.numel()",
    ),
    (
        "bool(torch.ones(0))",
        "bool: Boolean value of Tensor with no values is ambiguous\n"
        "    the tensor is float32[0]\n"
        "  hint: use x.any(), x.all() or x.numel()",
    ),
    (
        "w = torch.ones(2, requires_grad=True); w += 1",
        "add_: a leaf Variable that requires grad is being used in an in-place operation\n"
        "  hint: change it inside `with torch.no_grad():`, or change a copy (.clone())",
    ),
    (
        "w = torch.ones(2, requires_grad=True); w[0] = 1",
        "setitem: a leaf Variable that requires grad is being used in an in-place operation\n"
        "  hint: change it inside `with torch.no_grad():`, or change a copy (.clone())",
    ),
    (
        "w = torch.ones(2, requires_grad=True); w[0].add_(1)",
        "add_: a view of a leaf Variable that requires grad is being used in an in-place "
        "operation\n"
        "  hint: change it inside `with torch.no_grad():`, or change a copy (.clone())",
    ),
    (
        "w = torch.ones(2, requires_grad=True) * 2; w.requires_grad = False",
        "requires_grad_: you can only change requires_grad flags of leaf variables\n"
        "  hint: use tensor.detach() to get a tensor that requires no grad",
    ),
    (
        "w = torch.ones(2, requires_grad=True); w.grad = torch.ones(3)",
        "grad: assigned grad has data of a different size\n"
        "    the tensor is float32[2]\n"
        "    the gradient is float32[3]",
    ),
    (
        "w = torch.ones(2, requires_grad=True); torch.autograd.grad((w * 2).sum(), "
        "torch.ones(2, requires_grad=True))",
        "grad: one of the differentiated Tensors appears to not have been used in the graph\n"
        "  hint: give allow_unused=True if so intended",
    ),
    (
        "copy.deepcopy(torch.ones(2, requires_grad=True) * 2)",
        "deepcopy: only Tensors created explicitly by the user support the deepcopy protocol\n"
        "  hint: use tensor.detach().clone()",
    ),
    # indices
    (
        "torch.ones(3)[5]",
        "index: index 5 is out of bounds for dimension 0 with size 3\n"
        "    input is float32[3]\n"
        "  hint: valid indices are -3 to 2",
    ),
    (
        "torch.ones(3)[0, 0]",
        "index: too many indices for tensor of dimension 1\n    input is float32[3]",
    ),
    (
        "torch.ones(3)[1.5]",
        "index: only integers, slices, ellipsis, None and tensors are valid indices, not 1.5",
    ),
    (
        "torch.ones(3)[torch.tensor([5])].tolist()",
        "index: index 5 is out of bounds for dimension 0 with size 3\n"
        "  hint: valid indices are -3 to 2",
    ),
    (
        "torch.ones(3)[torch.tensor([0.0])]",
        "index: tensors used as indices must be long, int, byte or bool tensors\n"
        "    the index is float32[1]",
    ),
    (
        "torch.ones(3)[torch.tensor([True, False])]",
        "index: the shape of the mask does not match at 0\n"
        "    input is float32[3]\n"
        "    the mask is bool[2]",
    ),
    (
        "torch.ones(3)[::-1]",
        "index: slice step must be positive\n  hint: use x.flip(dim) to reverse",
    ),
    (
        "torch.tensor(1.0)[0]",
        "index: invalid index of a 0-dim tensor\n  hint: use tensor.item() to get its number",
    ),
    (
        "torch.ones(0)[0]",
        "index: index 0 is out of bounds for dimension 0 with size 0\n"
        "    input is float32[0]\n"
        "  hint: the dimension is empty",
    ),
    (
        "x = torch.zeros(3); x[7] = 1",
        "index: index 7 is out of bounds for dimension 0 with size 3\n"
        "    input is float32[3]\n"
        "  hint: valid indices are -3 to 2",
    ),
    (
        "x = torch.zeros(3); x[0] = 'x'",
        "setitem: can't assign a str to a tensor\n  hint: use torch.tensor(...) of it",
    ),
    (
        "len(torch.tensor(1.0))",
        "len: len() of a 0-d tensor\n  hint: it is one number: .item() gives it",
    ),
    (
        "list(torch.tensor(1.0))",
        "iter: iteration over a 0-d tensor\n  hint: it is one number: .item() gives it",
    ),
    (
        "torch.ones(2)['a':]",
        "index: slice indices must be integers or None, not 'a'",
    ),
    (
        "torch.ones(4).reshape('2,2')",
        "reshape: sizes must be integers, not ['2,2']\n"
        "  hint: give integers: x.reshape(2, 3); divide with //",
    ),
    (
        "float(torch.tensor(1j))",
        "number: a complex number cannot be converted to a real one\n"
        "    the tensor is complex64[]\n"
        "  hint: take its .real or .imag, or .abs()",
    ),
    (
        "torch.allclose(torch.ones(2), torch.ones(3))",
        "allclose: shapes do not broadcast\n    input is float32[2]\n    other is float32[3]",
    ),
    (
        "torch.allclose(torch.ones(2), 1.0)",
        "allclose: other must be Tensor, not float\n  hint: torch.tensor(...) makes a tensor",
    ),
    (
        "torch.ones(2).size(3)",
        "size: there is no dimension 3\n    the tensor is float32[2]",
    ),
    (
        "torch.ones(2, 3).sum(dim=2)",
        "sum: dimension out of range (expected to be in range of [-2, 1], but got 2)",
    ),
    (
        "torch.ones(0).max()",
        "amax: expected reduction dim 0 to have non-zero size\n"
        "    input is float32[0]\n"
        "  hint: there is no element",
    ),
    (
        "torch.gather(torch.ones(2, 3), 1, torch.full((2, 3), 7)).tolist()",
        "gather: index 7 is out of bounds for dimension 1 with size 3\n"
        "  hint: valid indices are 0 to 2",
    ),
    (
        "nn.Embedding(3, 2)(torch.tensor([3])).tolist()",
        "embedding: index 3 is out of bounds for dimension 0 with size 3\n"
        "  hint: the table has 3 rows: enlarge num_embeddings, or look at the data",
    ),
    (
        "torch.topk(torch.ones(3), 5)",
        "topk: selected index k out of range: k is 5, the dimension has 3\n    input is float32[3]",
    ),
    (
        "(torch.tensor([1]) // torch.tensor([0])).tolist()",
        "division: a whole number is divided by zero\n"
        "  hint: leave the zeros out, or convert to float: then the result is inf or nan",
    ),
    (
        "(torch.tensor([1]) % 0).tolist()",
        "division: a whole number is divided by zero\n"
        "  hint: leave the zeros out, or convert to float: then the result is inf or nan",
    ),
    # making tensors
    (
        "torch.tensor([[1, 2], [3]])",
        "tensor: expected sequence of length 2 at dim 1, got rows of other lengths\n"
        "  hint: pad the rows to one length, or keep a list of tensors",
    ),
    (
        "torch.tensor('abc')",
        "tensor: could not infer dtype of str: 'abc'\n"
        "  hint: texts must become numbers first, as in [names.index(n) for n in labels]",
    ),
    (
        "torch.tensor(['a', 'b'])",
        "tensor: could not infer dtype of str: ['a', 'b']\n"
        "  hint: texts must become numbers first, as in [names.index(n) for n in labels]",
    ),
    (
        "torch.tensor([1, None])",
        "tensor: could not infer dtype of NoneType: [1, None]\n"
        "  hint: is a value missing, or a return?",
    ),
    (
        "torch.tensor({'a': 1})",
        "tensor: could not infer dtype of dict: {'a': 1}",
    ),
    (
        "torch.tensor([2**70])",
        "tensor: an integer is too large for int64: [1180591620717411303424]",
    ),
    (
        "torch.tensor([1], dtype='float32')",
        "tensor: dtype must be a torch.dtype, not 'float32'\n  hint: such as torch.float32",
    ),
    (
        "torch.tensor(np.array([None]))",
        "tensor: can't convert np.ndarray of type object\n"
        "  hint: supported: bool, uint8, int8, int16, int32, int64, uint16, uint32, "
        "uint64, float16, float32, float64, complex64, complex128",
    ),
    (
        "torch.from_numpy([1, 2])",
        "from_numpy: expected np.ndarray (got list)\n"
        "  hint: torch.tensor(data) makes a tensor of lists and numbers",
    ),
    (
        "torch.from_numpy(np.arange(3)[::-1])",
        "from_numpy: some of the strides of the array are negative\n  hint: use array.copy()",
    ),
    (
        "torch.tensor([300], dtype=torch.uint8)",
        "tensor: value cannot be converted to type uint8 without overflow\n"
        "    the value is 300\n"
        "  hint: uint8 holds 0 to 255",
    ),
    (
        "torch.tensor([1e30], dtype=torch.int32)",
        "tensor: value cannot be converted to type int32 without overflow\n"
        "    the value is 1e+30\n"
        "  hint: int32 holds -2147483648 to 2147483647",
    ),
    (
        "torch.tensor(1j, dtype=torch.float32)",
        "tensor: a complex number cannot be converted to float32\n"
        "  hint: take the .real part of it",
    ),
    (
        "torch.full((2,), 300, dtype=torch.uint8)",
        "full: value cannot be converted to type uint8 without overflow\n"
        "    the value is 300\n"
        "  hint: uint8 holds 0 to 255",
    ),
    (
        "torch.tensor([1]) + 2**70",
        "add: argument 'other' is too large for int64\n    other is 1180591620717411303424",
    ),
    (
        "torch.zeros(10**9, 10**9)",
        "zeros: there is no room for 4,000,000,000,000,000,000 bytes\n"
        "    the size is (1000000000, 1000000000)\n"
        "  hint: are the sizes right? smaller batches and float32 need less",
    ),
    (
        "torch.eye(-1)",
        "eye: n must be greater or equal to 0, got -1",
    ),
    (
        "torch.randint(3, 3, (2,))",
        "random_: expects 'from' to be less than 'to', but got from=3 >= to=3",
    ),
    (
        "torch.randint(3)",
        "randint: missing argument 'size'\n  hint: randint(10, (2, 3)) or randint(low, high, size)",
    ),
    (
        "torch.normal(0.0, -1.0, (2,))",
        "normal: expects std >= 0.0, but found std -1.0",
    ),
    (
        "torch.bernoulli(torch.tensor([1.5]))",
        "bernoulli: a probability must be between 0 and 1\n"
        "    input is float32[1]\n"
        "  hint: torch.sigmoid makes probabilities of scores",
    ),
    (
        "torch.multinomial(torch.tensor([1.0, 2.0]), 3)",
        "multinomial: cannot sample n_sample > prob_dist.size(-1) samples without replacement\n"
        "    input is float32[2]",
    ),
    (
        "torch.arange(3, 0, 1)",
        "arange: bounds inconsistent with the step sign: 3, 0, 1",
    ),
    (
        "torch.set_default_dtype(torch.int64)",
        "set_default_dtype: only floating-point types are supported",
    ),
    # devices
    (
        "torch.ones(2, device='gpu')",
        "device: invalid device string: 'gpu'\n  hint: one of cpu, cuda, mps, xpu, xla, meta",
    ),
    (
        "torch.ones(2, device=3.5)",
        "device: must be a torch.device or a text, not float",
    ),
    (
        "torch.ones(2).to('cuda')",
        "to: there is no device 'cuda' here\n"
        "  hint: use device='cpu', or ask torch.cuda.is_available() first",
    ),
    (
        "nn.Linear(1, 1).cuda()",
        "cuda: there is no device 'cuda' here\n"
        "  hint: use device='cpu', or ask torch.cuda.is_available() first",
    ),
    # arguments
    (
        "torch.relu(3.0)",
        "relu: argument 'input' must be Tensor, not float\n"
        "  hint: torch.tensor(number) makes a tensor of a number",
    ),
    (
        "torch.relu(np.ones(2))",
        "relu: argument 'input' must be Tensor, not ndarray\n"
        "  hint: torch.from_numpy(array) makes a tensor of a NumPy array",
    ),
    (
        "torch.relu([1.0])",
        "relu: argument 'input' must be Tensor, not list\n"
        "  hint: torch.tensor(list) makes a tensor of a list",
    ),
    (
        "nn.Linear(3, 4)(None)",
        "linear: argument 'input' must be Tensor, not NoneType\n"
        "  hint: is a return missing in the function that made it?",
    ),
    (
        "torch.add(torch.ones(2), [1, 2])",
        "add: argument 'other' must be Tensor, not list\n"
        "  hint: torch.tensor(list) makes a tensor of a list",
    ),
    (
        "torch.cat([1, 2])",
        "cat: expected Tensor as element 0 in argument 'tensors', but got int\n"
        "  hint: torch.tensor(...) makes a tensor",
    ),
    (
        "torch.cat(torch.ones(2))",
        "cat: argument 'tensors' must be tuple of Tensors, not Tensor",
    ),
    (
        "torch.cat([])",
        "cat: expected a non-empty list of Tensors",
    ),
    (
        "torch.sum(torch.ones(2), dimension=0)",
        "sum: unexpected argument 'dimension'\n"
        "  hint: sum(input, dim=None, keepdim=False, dtype=None)",
    ),
    (
        "torch.ones(2).sum('a')",
        "sum: dim must be an integer, not 'a'",
    ),
    (
        "torch.ones(2).type('torch.FooTensor')",
        "type: invalid type: 'torch.FooTensor'\n  hint: use x.to(torch.float32)",
    ),
    (
        "torch.zzzzzz",
        "torch.zzzzzz: rushlight does not have this\n  hint: `rushlight ops` lists what there is",
    ),
    # modules
    (
        "Forgot()",
        "Forgot: cannot assign module before Module.__init__() call\n"
        "  hint: begin Forgot.__init__ with super().__init__()",
    ),
    (
        "nn.Module().forward()",
        'forward: Module [Module] is missing the required "forward" function\n'
        "  hint: define forward(self, ...) in the class, indented as __init__ is",
    ),
    (
        "list(Late().parameters())",
        "Late: 'Late' object has no attribute '_parameters'\n"
        "  hint: begin Late.__init__ with super().__init__()",
    ),
    (
        "nn.Linear(1, 1).weigth",
        "'Linear' object has no attribute 'weigth'",
    ),
    (
        "m = nn.Linear(1, 1); m.weight = torch.ones(1, 1)",
        "Linear: cannot assign 'torch.FloatTensor' as parameter 'weight' "
        "(torch.nn.Parameter or None expected)\n"
        "  hint: wrap it: nn.Parameter(tensor); or copy into it under torch.no_grad()",
    ),
    (
        "nn.Sequential(nn.Linear(1, 1), nn.ReLU)",
        "Sequential: type is not a Module subclass\n  hint: make one of the class: ReLU()",
    ),
    (
        "nn.Sequential([nn.Linear(1, 1)])",
        "Sequential: list is not a Module subclass\n"
        "  hint: give the modules one by one: Sequential(*layers), or use ModuleList",
    ),
    (
        "nn.ModuleList([nn.Linear(1, 1)])(torch.ones(1))",
        'forward: Module [ModuleList] is missing the required "forward" function\n'
        "  hint: call its members in a loop, or use nn.Sequential",
    ),
    (
        "nn.ModuleList([nn.Linear(1, 1)])[3]",
        "ModuleList: index 3 is out of range\n  hint: indices are -1 to 0",
    ),
    (
        "nn.Parameter([1.0, 2.0])",
        "Parameter: data must be a Tensor, not list\n"
        "  hint: torch.tensor(...) makes a tensor of numbers, lists and arrays",
    ),
    (
        "nn.Dropout(1.5)",
        "Dropout: dropout probability has to be between 0 and 1, but got 1.5",
    ),
    (
        "nn.Linear(2, 3).load_state_dict({'weight': torch.ones(3, 2)})",
        'Error(s) in loading state_dict for Linear:\n\tMissing key(s) in state_dict: "bias". ',
    ),
    (
        "nn.Linear(2, 3).load_state_dict({'weight': torch.ones(3, 5), 'bias': torch.ones(3)})",
        "Error(s) in loading state_dict for Linear:\n"
        "\tsize mismatch for weight: copying a param with shape torch.Size([3, 5]) from "
        "checkpoint, the shape in current model is torch.Size([3, 2]).",
    ),
    (
        "nn.Linear(1, 1).load_state_dict({'module.weight': torch.ones(1, 1), "
        "'module.bias': torch.ones(1)})",
        "Error(s) in loading state_dict for Linear:\n"
        '\tMissing key(s) in state_dict: "weight", "bias". \n'
        '\tUnexpected key(s) in state_dict: "module.weight", "module.bias". \n'
        "  hint: all names begin with 'module.' there: take it off with removeprefix",
    ),
    (
        "nn.Linear(1, 1).load_state_dict({'model': nn.Linear(1, 1).state_dict(), 'epoch': 3})",
        "Error(s) in loading state_dict for Linear:\n"
        '\tMissing key(s) in state_dict: "weight", "bias". \n'
        '\tUnexpected key(s) in state_dict: "model", "epoch". \n'
        "  hint: this is a whole checkpoint: give the part of it that is the model's",
    ),
    (
        "nn.Linear(2, 3).load_state_dict('model.pt')",
        "load_state_dict: Expected state_dict to be dict-like, got <class 'str'>.\n"
        "  hint: load the file first: model.load_state_dict(torch.load(path))",
    ),
    # optimizers
    (
        "torch.optim.SGD([], lr=0.1)",
        "optimizer: got an empty parameter list\n"
        "  hint: the model has none: layers in a plain list are not seen (use "
        "nn.ModuleList); or parameters() was used up before",
    ),
    (
        "torch.optim.SGD(nn.ReLU().parameters(), lr=0.1)",
        "optimizer: got an empty parameter list\n"
        "  hint: the model has none: layers in a plain list are not seen (use "
        "nn.ModuleList); or parameters() was used up before",
    ),
    (
        "torch.optim.SGD(nn.Linear(1, 1), lr=0.1)",
        "optimizer: 'Linear' object is not iterable\n"
        "  hint: give model.parameters(), with the brackets",
    ),
    (
        "torch.optim.SGD(nn.Linear(1, 1).parameters, lr=0.1)",
        "optimizer: 'method' object is not iterable\n"
        "  hint: give model.parameters(), with the brackets",
    ),
    (
        "torch.optim.SGD(torch.ones(1, requires_grad=True), lr=0.1)",
        "optimizer: params must be an iterable of Tensors or dicts, not one Tensor\n"
        "  hint: give a list: [tensor]",
    ),
    (
        "torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=-0.1)",
        "optimizer: invalid learning rate: -0.1",
    ),
    (
        "torch.optim.SGD([torch.ones(1, requires_grad=True)], lr='0.1')",
        "optimizer: learning rate must be a number, not '0.1'\n  hint: float(text) makes one",
    ),
    (
        "torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=None)",
        "optimizer: learning rate must be a number, not None",
    ),
    (
        "torch.optim.Adam([torch.ones(1, requires_grad=True)], betas=0.9)",
        "optimizer: betas must be two numbers, not 0.9\n  hint: betas=(0.9, 0.999)",
    ),
    (
        "torch.optim.SGD([torch.ones(1, requires_grad=True) * 2], lr=0.1)",
        "optimizer: can't optimize a non-leaf Tensor\n"
        "  hint: give the leaf it was made from, or use tensor.detach().requires_grad_()",
    ),
    (
        "torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1, nesterov=True)",
        "optimizer: Nesterov momentum requires a momentum and zero dampening",
    ),
    (
        "torch.optim.Adam([torch.ones(1, requires_grad=True)], betas=(1.5, 0.9))",
        "optimizer: invalid beta parameter at index 0: 1.5\n  hint: in [0, 1)",
    ),
    (
        "o = torch.optim.SGD([torch.ones(1, requires_grad=True)]); "
        "o.load_state_dict({'state': {}, 'param_groups': []})",
        "load_state_dict: loaded state dict has a different number of parameter groups",
    ),
    (
        "torch.optim.lr_scheduler.StepLR(nn.Linear(1, 1), 1)",
        "scheduler: Linear is not an Optimizer",
    ),
    # data
    (
        "DataLoader(TensorDataset(torch.ones(0, 2)), shuffle=True)",
        "RandomSampler: num_samples should be a positive integer value, but got num_samples=0\n"
        "  hint: the dataset is empty",
    ),
    (
        "TensorDataset(torch.ones(2), torch.ones(3))",
        "TensorDataset: Size mismatch between tensors\n"
        "    tensor 0 is float32[2]\n"
        "    tensor 1 is float32[3]\n"
        "  hint: the first dimension counts the samples, and must be the same for all",
    ),
    (
        "DataLoader([1, 2], batch_size=0)",
        "BatchSampler: batch_size should be a positive integer value, but got batch_size=0",
    ),
    (
        "DataLoader([1, 2], num_workers=-1)",
        "DataLoader: num_workers option should be non-negative\n"
        "  hint: use num_workers=0 to load in the main thread",
    ),
    (
        "next(iter(DataLoader([torch.ones(2), torch.ones(3)], batch_size=2)))",
        "default_collate: stack expects each tensor to be equal size, but got [2] at entry "
        "0 and [3] at entry 1\n"
        "    sample 0 is of shape (2,)\n"
        "    sample 1 is of shape (3,)\n"
        "  hint: crop or pad the samples, or give the DataLoader a collate_fn of your own",
    ),
    (
        "next(iter(DataLoader([None, None], batch_size=2)))",
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or "
        "lists; found <class 'NoneType'>\n"
        "  hint: convert the samples, or give the DataLoader a collate_fn of your own",
    ),
    (
        "next(iter(DataLoader([1], shuffle=True, sampler=[0])))",
        "DataLoader: sampler option is mutually exclusive with shuffle",
    ),
    (
        "torch.utils.data.random_split([1, 2, 3], [1, 1])",
        "random_split: Sum of input lengths does not equal the length of the input dataset!\n"
        "    the sum is 2\n"
        "    the length is 3\n"
        "  hint: give integers that sum to len(dataset), or fractions that sum to 1",
    ),
    (
        "list(DataLoader(Broken(), batch_size=2))",
        "sample 2 has no label",
    ),
]
