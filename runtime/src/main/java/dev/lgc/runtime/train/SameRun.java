package dev.lgc.runtime.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lgc.compiler.plan.Call;
import dev.lgc.compiler.plan.CollectiveCall;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.SettingTexts;
import dev.lgc.runtime.dist.Agreement;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.Crc32c;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/** The agreement of all ranks on what they are about to compute, before they do. */
final class SameRun {
  /** The setting that each rank may have of its own. */
  private static final String OWN = "threads";

  private static final String GROUP = "ranks that store parameters together";
  private static final String BLOCKS = "blocks of weights";

  private SameRun() {}

  /**
   * Compares what each rank has with what rank 0 has.
   *
   * @param mine by what it is; a word or a few
   * @throws SharedFailure on all ranks if one differs
   */
  static void require(Ranks ranks, Map<String, String> mine) {
    List<Map<String, String>> all = Agreement.gather(ranks, mine);
    for (int r = 1; r < all.size(); r++) {
      Map<String, String> first = new LinkedHashMap<>(all.getFirst());
      // Ranks with one place in their groups store the same blocks.
      int same = r % Integer.parseInt(first.get(GROUP));
      first.put(BLOCKS, all.get(same).get(BLOCKS));
      Agreement.require(first, all.get(r), r);
    }
  }

  /**
   * All that ranks of a run have to have in common beside {@link #settings} and {@link #plan}: the
   * data and the weights.
   *
   * @param more that comes first
   */
  static Map<String, String> of(TrainJob job, TrainParts parts, Map<String, String> more) {
    Map<String, String> all = new LinkedHashMap<>(more);
    all.put("number of samples", String.valueOf(parts.data().train().size()));
    parts.data().facts().forEach((k, v) -> all.put("data's " + k, v));
    all.put("data", parts.data().train().digest());
    all.put("held-out data", parts.data().hasHeldOut() ? "some" : "none");
    all.put("position in the data", String.valueOf(parts.data().train().position()));
    all.put(GROUP, String.valueOf(job.parts().group()));
    all.put("weights", weights(parts.session(), false));
    all.put(BLOCKS, weights(parts.session(), true));
    return all;
  }

  /** The settings of a run that all ranks have in common. */
  static Map<String, String> settings(RunFile run) {
    Map<String, String> all = new LinkedHashMap<>();
    SettingTexts.of(run.config())
        .forEach(
            (key, text) -> {
              if (!key.equals(OWN)) {
                all.put("setting `" + key + "`", text);
              }
            });
    return all;
  }

  /** The model, and the order of work. */
  static Map<String, String> plan(TrainJob job) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("model", job.choice() + ", " + job.fingerprint());
    all.put("plan", plan(job.plan()));
    return all;
  }

  /** A checksum of the order of work: ranks whose collectives differ would wait for ever. */
  private static String plan(ExecutionPlan plan) {
    CRC32C sum = new CRC32C();
    for (Step s : plan.steps().values()) {
      sum.update(s.name().getBytes(UTF_8));
      for (Call c : s.calls()) {
        String call =
            switch (c) {
              case KernelCall k -> "kernel " + k.kernel();
              case CollectiveCall x -> x.op() + " " + x.from() + " " + x.to();
            };
        sum.update(call.getBytes(UTF_8));
      }
    }
    return Long.toHexString(sum.getValue());
  }

  /** A checksum of what is trained, and of what it is trained with. */
  private static String weights(Session session, boolean inBlocks) {
    CRC32C sum = new CRC32C();
    for (StoredTensor t : session.plan().storage()) {
      if (t.block().isPresent() != inBlocks) {
        continue;
      }
      switch (t.role()) {
        case PARAMETER, FROZEN, MOMENT1, MOMENT2, AVERAGE ->
            Crc32c.update(sum, session.storage(t.name()));
        case BUFFER, GRADIENT, LOCAL, PARTIAL, SCALE, CACHE -> {} // a shard's own, or nothing yet
      }
    }
    return Long.toHexString(sum.getValue());
  }
}
