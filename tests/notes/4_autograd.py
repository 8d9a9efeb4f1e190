# 让Pytorch实现自动求导
import torch

x = torch.tensor(2.0, requires_grad=True) 	# 创建一个值为2，需要梯度的张量
y = x**2 + 3*x + 1			# 构建计算图 y = x² + 3x + 1
print("y 的值:", y)  		   # 输出 y 的值: tensor(11., grad_fn=<AddBackward0>)	后半部分表示是Pytorch在追踪，这个张量是通过加法操作得到的

# 反向传播，计算 dy/dx
y.backward()	

# 求出梯度，输出7
print("x 的梯度:", x.grad) 
