"""What torch says of each lesson: written by hand, with autograd and torch.optim; nothing comes from the graph."""
