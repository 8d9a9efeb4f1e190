# 实现一个dataset
from torch.utils.data import Dataset

class Mydataset(Dataset):
    def __init__(self):
        self.data = [1,2,3,4,5]

    def __len__(self):
        return len(self.data)
    
    def __getitem__(self, index):
        return self.data[index]
    
dataset = Mydataset()	# 自动调用 __init__ 
print(dataset.data)		# 返回 [1,2,3,4,5]
print(len(dataset))		# 实际上调用 dataset.__len__()，返回 5
print(dataset[2])		# 实际上调用 dataset.__getitem__(2)，返回 3
