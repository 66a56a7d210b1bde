package dev.lgc.runtime.config;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** All settings of a run; its components say what each means. Paths are as resolved. */
public record RunConfig(
    @Setting(doc = "the model to train: an .arch file or library module, and the model's name")
        Optional<Model> model,
    @Setting(doc = "the compiled model (.lgc) to train; instead of `model`")
        Optional<Path> artifact,
    @Setting(doc = "pictures, for training a tokenizer") Optional<Data> data,
    @Setting(doc = "a tokenizer's codes of pictures, for training a generator")
        Optional<Codes> codes,
    @Setting(
            doc = "samples in one optimizer step",
            min = 1,
            max = MOST_SAMPLES,
            elsewhere = {"global_batch_size", "batch_size"})
        int batch,
    @Setting(
            doc =
                "parts that a batch is computed in, for less memory: their gradients are added up",
            value = "1",
            min = 1,
            max = MOST_SAMPLES,
            elsewhere = {"gradient_accumulation_steps", "accumulate"})
        int microBatches,
    @Setting(
            doc =
                "equal parts of a batch, a power of two, whose gradients are added in a tree, so"
                    + " that any number of ranks that divides it computes the same bits; as many"
                    + " as the ranks of the first start when left out",
            min = 1,
            max = MOST_SAMPLES,
            elsewhere = {"world_size"})
        Optional<Integer> shards,
    @Setting(
            doc =
                "several ranks: data_parallel, every rank stores all parameters and moments;"
                    + " fully_sharded, each stores a part; hybrid, each stores a part of what a"
                    + " group of ranks stores; the fastest that fits when left out",
            elsewhere = {"sharding", "sharding_strategy", "data_parallel"})
        Optional<RankSettings.Strategy> strategy,
    @Setting(
            doc = "hybrid: neighbouring ranks in a group; those of a machine when left out",
            min = 1,
            max = MOST_SAMPLES)
        Optional<Integer> group,
    @Setting(
            doc =
                "several ranks: tree adds gradients in one order, so that bits do not depend on the"
                    + " number of ranks; library leaves it to the MPI library, which may be faster",
            value = "tree",
            elsewhere = {"allreduce"})
        RankSettings.Reduction reduction,
    @Setting(
            doc =
                "several shards: bf16 rounds the gradient of each before they are added up in f32,"
                    + " so that between ranks it takes half the bytes",
            value = "f32",
            elsewhere = {"reduce_dtype", "grad_reduce_dtype"})
        RankSettings.Gradients gradients,
    @Setting(
            doc =
                "limit for the tensors, such as 2.5GiB: values that do not fit are recomputed,"
                    + " which takes longer; `lgc plan --memory` says how much",
            elsewhere = {"memory_limit", "max_memory"})
        Optional<ByteSize> memory,
    @Setting(doc = "number of optimizer steps", min = 1, max = MOST_STEPS) Optional<Long> steps,
    @Setting(
            doc = "number of passes over all samples; instead of `steps`",
            min = 0,
            above = true,
            max = 1e6)
        Optional<Double> epochs,
    @Setting(doc = "the optimizer of the parameters") Optimizer optimizer,
    @Setting(doc = "the schedule of the learning rate") Schedule schedule,
    @Setting(
            doc =
                "decay of the moving average of the parameters, which sampling then uses; 0 for"
                    + " none",
            value = "0",
            min = 0,
            max = 1,
            below = true)
        double ema,
    @Setting(
            doc =
                "let that decay rise as (1 + n) / (10 + n) over the first n steps, so that the"
                    + " average forgets the initial values; false for a constant decay, as in the"
                    + " reference",
            value = "true")
        boolean emaWarmup,
    @Setting(doc = "seed of all random numbers", value = "0", min = 0, max = 0x1p63, below = true)
        long seed,
    @Setting(doc = "where and when the run is saved") Checkpoint checkpoint,
    @Setting(doc = "metrics that training writes") Log log,
    @Setting(
            doc =
                "the type of the factors of products: bf16 takes less memory, and less time if the"
                    + " processor multiplies it; parameters and sums are always f32",
            value = "f32",
            elsewhere = {"mixed_precision", "compute"})
        Precision precision,
    @Setting(doc = "CPU threads; 0 for all cores", value = "0", min = 0, max = MOST_THREADS)
        int threads,
    @Setting(doc = "pictures that show the progress of training") Samples samples,
    @Setting(doc = "files of frozen sub-blocks, by path: `lpips: vgg.safetensors`")
        Map<String, Path> weights,
    @Setting(doc = "weights that the run begins with (fine-tuning): a file, or a section")
        Optional<StartFrom> startFrom) {

  /** Most samples in a batch. */
  public static final int MOST_SAMPLES = 1 << 20;

  /** Most CPU threads. */
  public static final int MOST_THREADS = 1024;

  /** Most optimizer steps. */
  public static final long MOST_STEPS = 1_000_000_000_000L;

  /** Most of anything else that is counted. */
  public static final int MOST = 1_000_000_000;

  /** Returns true if the loss is also measured on samples that are not learned from. */
  public boolean holdsOut() {
    return data.map(d -> d.heldOut() > 0 || d.heldOutPath().isPresent()).orElse(false)
        || codes.flatMap(Codes::heldOut).isPresent();
  }

  /** The model that is trained. */
  public record Model(
      @Setting(doc = "an .arch file, or the name of a library module such as vq") String arch,
      @Setting(doc = "the model's name in it") String name,
      @Setting(doc = "values of its parameters") Map<String, String> parameters) {}

  /** The pictures, and the way they become squares. */
  public record Data(
      @Setting(doc = "where pictures come from") Kind kind,
      @Setting(doc = "folder: one sub-folder a class; idx: the file of images") Optional<Path> path,
      @Setting(doc = "idx: the file of labels") Optional<Path> labels,
      @Setting(
              doc = "drawn: number of different pictures",
              value = "4096",
              min = 1,
              max = 10_000_000)
          int count,
      @Setting(doc = "side in pixels; the model's own size when left out", min = 1, max = 16_384)
          Optional<Integer> image,
      @Setting(doc = "the part of a picture that is used", value = "random") Crop crop,
      @Setting(doc = "mirror half of the pictures", value = "true") boolean flip,
      @Setting(
              doc = "hold out every n-th picture to measure the loss on; 0 for none",
              value = "0",
              min = 0,
              max = MOST)
          int heldOut,
      @Setting(doc = "folder: held-out pictures of their own; instead of `held_out`")
          Optional<Path> heldOutPath,
      @Setting(
              doc =
                  "folder: what to do about a picture that cannot be read. skip draws another in"
                      + " its place; refuse reads all pictures before the first step, and does not"
                      + " train if one is bad",
              value = "skip")
          OnBadPicture onBadPicture) {

    /** The remedies for a picture that cannot be read. */
    public enum OnBadPicture {
      /** Another is drawn in its place. */
      SKIP,
      /** All are read beforehand, and a bad one is the end. */
      REFUSE
    }

    /** The sources of pictures, each with the settings of this section that others have not. */
    public enum Kind {
      /** Image files in one folder for each class. */
      FOLDER("the folder of the pictures", "path", "held_out_path", "on_bad_picture"),
      /** MNIST's format. */
      IDX("the file of the pictures", "path", "labels"),
      /** Made on the spot. */
      DRAWN("", "count");

      private final String path;
      private final List<String> keys;

      /**
       * @param path what {@code data.path} names; empty if pictures come from no file
       * @param keys the settings that it has and some other source has not
       */
      Kind(String path, String... keys) {
        this.path = path;
        this.keys = List.of(keys);
      }

      /** The thing that {@code data.path} names; empty if pictures come from no file. */
      String path() {
        return path;
      }

      /** The settings that some sources have and others have not. */
      static List<String> allKeys() {
        return Arrays.stream(values()).flatMap(k -> k.keys.stream()).distinct().toList();
      }

      /** The sources that have a setting, in words. */
      static String with(String key) {
        return Arrays.stream(values())
            .filter(k -> k.has(key))
            .map(k -> k.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(" or "));
      }

      /** Returns true if the setting means something for this source. */
      boolean has(String key) {
        return keys.contains(key);
      }
    }

    /** The parts of a picture that a model may see. */
    public enum Crop {
      /** The square in the middle. */
      CENTER,
      /** Any square of at least 80 % of the side, another each time. */
      RANDOM
    }
  }

  /** The codes that a generator is trained on. */
  public record Codes(
      @Setting(doc = "a file that `lgc tokenize` wrote") Path path,
      @Setting(doc = "another such file, to measure the loss on") Optional<Path> heldOut,
      @Setting(doc = "features of the captions of the pictures: see docs/training.md")
          Optional<Path> captions,
      @Setting(doc = "features of the captions of `held_out`; `captions` when left out")
          Optional<Path> heldOutCaptions,
      @Setting(doc = "what to do if a run resumes with other classes than before", value = "refuse")
          Classes classes) {

    /** The treatments of classes that are not those that a run was trained on so far. */
    public enum Classes {
      /** The run does not go on. */
      REFUSE,
      /** A name keeps its number, and new names have numbers that no class had yet. */
      BY_NAME,
      /** A number stays what it is, under another name. */
      BY_NUMBER
    }
  }

  /** Adam's settings. */
  public record Optimizer(
      @Setting(doc = "adamw decays weights, adam does not", value = "adamw") Kind kind,
      @Setting(
              doc = "learning rate",
              value = "1e-4",
              min = 0,
              above = true,
              max = 1e30,
              elsewhere = {"learning_rate", "rate"})
          double lr,
      @Setting(
              doc = "decay of the two moments",
              value = "[0.9, 0.95]",
              size = 2,
              min = 0,
              max = 1,
              below = true)
          List<Double> betas,
      @Setting(doc = "added to the root of the second moment", value = "1e-8", min = 0, max = 1)
          double eps,
      @Setting(
              doc = "decay of parameters of two or more dimensions; 0.05 for adamw",
              min = 0,
              max = 1000)
          Optional<Double> weightDecay,
      @Setting(
              doc = "largest norm of the gradients, which are scaled down to it; 0 for no clipping",
              value = "1.0",
              min = 0,
              max = 1e30)
          double clip) {

    /** The optimizers. */
    public enum Kind {
      /** Without weight decay: the reference's tokenizer. */
      ADAM,
      /** With weight decay: the reference's generators. */
      ADAMW
    }

    /** The weight decay, whether given or not. */
    public double decay() {
      return weightDecay.orElse(kind == Kind.ADAMW ? 0.05 : 0.0);
    }
  }

  /** The learning rate over the steps. */
  public record Schedule(
      @Setting(doc = "after warming up", value = "constant") Kind kind,
      @Setting(
              doc = "steps in which the learning rate rises from 0",
              value = "0",
              min = 0,
              max = MOST_STEPS)
          long warmup,
      @Setting(
              doc = "share of the learning rate at the end of cosine and linear",
              value = "0",
              min = 0,
              max = 1)
          double end) {

    /** The courses of the learning rate after warming up. */
    public enum Kind {
      /** Stays. */
      CONSTANT,
      /** Falls along half a cosine. */
      COSINE,
      /** Falls along a line. */
      LINEAR
    }
  }

  /** Saving. */
  public record Checkpoint(
      @Setting(doc = "folder of the run's checkpoints, metrics and pictures") Path dir,
      @Setting(doc = "steps between two checkpoints", value = "1000", min = 1, max = MOST_STEPS)
          long every,
      @Setting(doc = "number of newest checkpoints to keep", value = "2", min = 1, max = MOST)
          int keep) {}

  /** Writing down. */
  public record Log(
      @Setting(doc = "steps between two lines of metrics", value = "10", min = 1, max = MOST_STEPS)
          long every,
      @Setting(
              doc = "steps between two measurements of the held-out loss",
              value = "500",
              min = 1,
              max = MOST_STEPS)
          long heldOutEvery,
      @Setting(doc = "batches in one such measurement", value = "8", min = 1, max = MOST)
          int heldOutBatches,
      @Setting(doc = "write TensorBoard's event files", value = "true") boolean tensorboard) {}

  /** Pictures while training. */
  public record Samples(
      @Setting(doc = "steps between two; 0 for none", value = "0", min = 0, max = MOST_STEPS)
          long every,
      @Setting(doc = "number of pictures", value = "16", min = 1, max = 4096) int count,
      @Setting(doc = "generators: the tokenizer of the codes, to draw with")
          Optional<Path> tokenizer,
      @Setting(doc = "generators: guidance", value = "2.0", min = 0, max = 1000) double guidance) {}

  /** Weights to begin with. */
  @Shorthand("path")
  public record StartFrom(
      @Setting(doc = "a checkpoint, the folder of a run, or weights by the names in the model")
          Path path,
      @Setting(doc = "which classes of the weights become which of the run's", value = "same")
          Classes classes,
      @Setting(doc = "for weights without class names: a file with one name per line")
          Optional<Path> classFile) {

    /** The ways to map the classes of weights to those of a run. */
    public enum Classes {
      /** The classes are the same; others are refused. */
      SAME,
      /** Those of the same name; the others are initialised. */
      BY_NAME,
      /** Those of the same number, whatever their names are; the others are initialised. */
      BY_NUMBER,
      /** None: all are initialised, but for what stands for no class. */
      NEW
    }
  }

  /** The precisions in which training computes. */
  public enum Precision {
    /** 32 bits throughout. */
    F32,
    /** Mixed: factors of products rounded to bfloat16, all else 32 bits. */
    BF16
  }
}
