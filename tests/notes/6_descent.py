# 梯度下降示例
import torch

# 1. 随机起点（假设我们在x=5的位置）
x = torch.tensor(5.0, requires_grad=True)
learning_rate = 0.1  # 学习率（步长）

print("开始梯度下降：")
for epoch in range(10):  # 迭代10次
    # 前向传播：计算函数值
    y = x**2
    
    # 反向传播：计算梯度（导数）
    y.backward()
    
    # 梯度下降：更新参数
    with torch.no_grad():  # 更新时不追踪梯度
        x -= learning_rate * x.grad  # x_new = x_old - η × gradient
    
    # 清空梯度
    x.grad.zero_()
    
    print(f"第{epoch+1}次: x = {x:.3f}, y = {y:.3f}, 梯度 = {x.grad}")
