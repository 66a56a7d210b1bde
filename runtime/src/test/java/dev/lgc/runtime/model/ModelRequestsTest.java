package dev.lgc.runtime.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.rewrite.storage.WeightType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class ModelRequestsTest {
  private static final List<Request> DECODE = List.of(new Request.Evaluate("decode"));

  @Test
  void functionsWithWeightsInBf16AreRoundedWhereTheDeviceMultipliesIt() {
    List<Request> rounded = new ArrayList<>(DECODE);
    rounded.add(new Request.RoundFactors());
    assertEquals(rounded, ModelRequests.rounded(DECODE, WeightType.BF16, true));
    assertEquals(DECODE, ModelRequests.rounded(DECODE, WeightType.BF16, false));
    assertEquals(DECODE, ModelRequests.rounded(DECODE, WeightType.F32, true));
    assertEquals(DECODE, ModelRequests.rounded(DECODE, WeightType.INT8, true));
  }

  @Test
  void aGeneratorAloneHasNoFunctions() {
    List<Request> codes = List.of(new Request.Generate("codes", true, false, false));
    assertEquals(codes, ModelRequests.rounded(codes, WeightType.BF16, true));
  }
}
