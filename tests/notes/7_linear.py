# 示例：使用神经网络学习 y = 2x 线性关系
import torch
import torch.nn as nn
import torch.optim as optim

# 定义一个简单的神经网络
class SimpleNN(nn.Module):
    def __init__(self):
        super(SimpleNN, self).__init__() # 调用父类（nn.Module）的初始化方法
        self.fc1 = nn.Linear(1, 1)  # 输入1维，输出1维

    def forward(self, x):
        return self.fc1(x)  # 前向传播：线性变换

# 实例化网络
model = SimpleNN()
print(model)

# 创建数据集（数据准备，网络学习的目标）
x_data = torch.tensor([[1.0], [2.0], [3.0]])  # 输入
y_data = torch.tensor([[2.0], [4.0], [6.0]])  # 目标输出

# 定义损失函数与优化器（优化器作用：控制更新参数）
criterion = nn.MSELoss()  # 均方误差损失 MSE = (预测值 - 真实值)² 的平均值
optimizer = optim.SGD(model.parameters(), lr=0.01)  # SGD优化器（负责实际优化参数步骤）

# 训练模型
for epoch in range(1000):  # 训练1000次
    model.train()  # 设置模型为训练模式

    # 前向传播
    y_pred = model(x_data)

    # 计算损失
    loss = criterion(y_pred, y_data)

    # 反向传播
    optimizer.zero_grad()  # 清空上一步的梯度
    loss.backward()  # 计算梯度

    # 更新参数
    optimizer.step()  # 使用优化器更新模型参数

    if epoch % 100 == 0:
        print(f"Epoch {epoch}, Loss: {loss.item()}", "w:", model.fc1.weight.data, "b:", model.fc1.bias.data) 


'''
输出：
Epoch 0, Loss: 26.642709732055664 w: tensor([[-0.5248]]) b: tensor([0.9390])
Epoch 100, Loss: 0.26270681619644165 w: tensor([[1.4061]]) b: tensor([1.3500])
Epoch 200, Loss: 0.16233696043491364 w: tensor([[1.5332]]) b: tensor([1.0612])
Epoch 300, Loss: 0.1003144308924675 w: tensor([[1.6330]]) b: tensor([0.8342])
Epoch 400, Loss: 0.061988234519958496 w: tensor([[1.7115]]) b: tensor([0.6558])
Epoch 500, Loss: 0.03830496594309807 w: tensor([[1.7732]]) b: tensor([0.5155])
Epoch 600, Loss: 0.023670120164752007 w: tensor([[1.8217]]) b: tensor([0.4052])
Epoch 700, Loss: 0.014626693911850452 w: tensor([[1.8599]]) b: tensor([0.3185])
Epoch 800, Loss: 0.009038408286869526 w: tensor([[1.8898]]) b: tensor([0.2504])
Epoch 900, Loss: 0.005585184786468744 w: tensor([[1.9134]]) b: tensor([0.1968])
可以观察到，参数 w 逐渐靠近2，参数 b 逐渐靠近0
'''
