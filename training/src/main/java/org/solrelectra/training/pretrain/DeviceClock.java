package org.solrelectra.training.pretrain;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.cuda.CUDAEvent;

/**
 * Marks points in what a device computes, without waiting for it, and says how far apart they are.
 */
interface DeviceClock {

  /** Marks the end of what was given to the device so far. */
  void mark();

  /** Returns the seconds from each mark to the next; waits for the last one. */
  double[] seconds();

  static DeviceClock of(Device device) {
    return device.is_cuda() ? new CudaEvents() : new Host();
  }

  /** A CPU has computed what it was given when the call returns. */
  final class Host implements DeviceClock {
    private final List<Long> nanos = new ArrayList<>();

    @Override
    public void mark() {
      nanos.add(System.nanoTime());
    }

    @Override
    public double[] seconds() {
      double[] seconds = new double[nanos.size() - 1];
      for (int i = 0; i < seconds.length; i++) {
        seconds[i] = (nanos.get(i + 1) - nanos.get(i)) / 1e9;
      }
      return seconds;
    }
  }

  /** Events in the current stream of the current GPU. */
  final class CudaEvents implements DeviceClock {
    /** cudaEventDefault: unlike the class's own default, it notes the time. */
    private static final int TIMED = 0;

    private final List<CUDAEvent> events = new ArrayList<>();

    @Override
    public void mark() {
      // Marks are made in scopes that end before they are read.
      CUDAEvent event = new CUDAEvent(TIMED).retainReference();
      event.record();
      events.add(event);
    }

    @Override
    public double[] seconds() {
      events.get(events.size() - 1).synchronize();
      double[] seconds = new double[events.size() - 1];
      for (int i = 0; i < seconds.length; i++) {
        seconds[i] = events.get(i).elapsed_time(events.get(i + 1)) / 1e3;
      }
      events.forEach(CUDAEvent::releaseReference);
      events.clear();
      return seconds;
    }
  }
}
