# 在神经网络中应用
import torch

# 假设神经网络的一个神经元
w = torch.tensor(1.0, requires_grad=True)  # 权重
b = torch.tensor(0.5, requires_grad=True)  # 偏置
x = torch.tensor(2.0)                      # 输入

# 前向传播
y = w * x + b          # y = 1.0×2.0 + 0.5 = 2.5
loss = (y - 3.0)**2    # 假设目标是3.0，损失=(2.5-3.0)²=0.25

# 反向传播
loss.backward()

print("w的梯度:", w.grad)  # 如何调整w，输出 w的梯度: tensor(-2.)
print("b的梯度:", b.grad)  # 如何调整b，输出 b的梯度: tensor(-1.)
