#!/bin/bash
#SBATCH --nodes=4 --ntasks-per-node=1 --cpus-per-task=32
#SBATCH --signal=TERM@120             # two minutes before the end: save
srun --mpi=pmix lgc train run.yaml
