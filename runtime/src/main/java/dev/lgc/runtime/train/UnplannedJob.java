package dev.lgc.runtime.train;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import java.util.List;

/**
 * The model that a run trains, before it is planned.
 *
 * @param model for the samples of one part of a batch
 * @param parts that batches are computed in
 * @param requests of its plan
 */
public record UnplannedJob(CheckedModel model, BatchParts parts, List<Request> requests) {
  public UnplannedJob {
    requests = List.copyOf(requests);
  }
}
