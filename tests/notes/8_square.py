# 示例：使用神经网络学习 y = x² 关系
import torch
import torch.nn as nn
import torch.optim as optim

# 定义一个两层神经网络
class TwoLayerNN(nn.Module):
    def __init__(self):
        super(TwoLayerNN, self).__init__()
        self.fc1 = nn.Linear(1, 10)  # 隐藏层：10个神经元
        self.relu = nn.ReLU()        # 激活函数
        self.fc2 = nn.Linear(10, 1)  # 输出层

    def forward(self, x):
        x = self.fc1(x)   # 线性变换1
        x = self.relu(x)  # 激活函数 relu: max(0, x)
        x = self.fc2(x)   # 线性变换2
        return x

# 初始化模型
model = TwoLayerNN()

# 生成数据，例如 y = x² 的曲线
x_data = torch.linspace(-3, 3, 100).unsqueeze(1) # 创建从-3到3的100个等间距数字，并变为二维张量
y_data = x_data.pow(2)

# 损失函数 & 优化器
criterion = nn.MSELoss() # MSE = (预测值 - 真实值)² 的平均值
optimizer = optim.Adam(model.parameters(), lr=0.01) # 比 SGD 更快的优化器

# 开始训练
for epoch in range(2000):
    y_pred = model(x_data)
    loss = criterion(y_pred, y_data)

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

    if epoch % 200 == 0:
        print(f"Epoch {epoch}, Loss: {loss.item()}")

'''
输出：
Epoch 0, Loss: 14.724333763122559
Epoch 200, Loss: 0.3091835379600525
Epoch 400, Loss: 0.062044452875852585
Epoch 600, Loss: 0.022268002852797508
Epoch 800, Loss: 0.012258048169314861
Epoch 1000, Loss: 0.008690610527992249
Epoch 1200, Loss: 0.0069376761093735695
Epoch 1400, Loss: 0.006143274717032909
Epoch 1600, Loss: 0.005260563921183348
Epoch 1800, Loss: 0.004814780782908201
'''
