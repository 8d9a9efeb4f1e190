# 张量的创建
import torch
import numpy as np 

data = [[1,2], [3,4]]

# 直接创建
tensor_x = torch.tensor(data)

# 通过NumPy数组创建
np_data = np.array(data)
tensor_np = torch.from_numpy(np_data)

# 从张量本身创建
tensor_ones = torch.ones_like(tensor_x)  # 创建与x_data形状相同的全1张量
tensor_rand = torch.rand_like(tensor_x, dtype=torch.float)  # 创建与x_data形状相同的随机张量
