# 将训练数据打乱并分批次
from torch.utils.data import Dataset, DataLoader

class MyDataset(Dataset):
    def __init__(self):
        self.data = [1, 2, 3, 4, 5, 6]

    def __len__(self):
        return len(self.data)

    def __getitem__(self, idx):
        return self.data[idx]

dataset = MyDataset()
dataloader = DataLoader(dataset, batch_size=2, shuffle=True)

# 可以多次循环，增加训练轮数
for batch in dataloader:
    print(batch)
'''
输出：
tensor([4, 2])
tensor([3, 6])
tensor([1, 5])
'''
