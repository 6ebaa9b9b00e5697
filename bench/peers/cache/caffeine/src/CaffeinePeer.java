// SPDX-License-Identifier: MIT
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The workloads of expiring_cache for Caffeine: what bench/cache/expiring_cache.bench.hpp does, asked for as
 * bench/support/peer_program.hpp says.
 */
final class CaffeinePeer {
  private static final int BETWEEN_LOOKS = 64;
  private static final long LAST_PUTS = 100;
  /** For as long as this every request is tried before it is timed, so that the compiler has done its work. */
  private static final long WARM_UP_NANOSECONDS = 500_000_000;

  private record Request(String workload, int threads, long nanoseconds, long capacity, String keysFile) {
    static Request parse(String line) {
      String[] fields = line.split(" ", 5);
      return new Request(fields[0], Integer.parseInt(fields[1]), Long.parseLong(fields[2]), Long.parseLong(fields[3]),
          fields[4]);
    }
  }

  private record Sum(long items, long hits, double seconds) {}

  private interface Work {
    /** Returns how many items thread `number` did, and how many of these were hits. */
    long[] run(int number);
  }

  private interface Step {
    void run() throws IOException;
  }

  private static volatile boolean stop;

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = in.readLine()) != null; ) {
      Request request = Request.parse(line);
      Step go = () -> {
        say("ready");
        if (in.readLine() == null) throw new IOException("the word go did not come");
      };
      switch (request.workload()) {
        case "look_up" -> lookUp(request, Caffeine.newBuilder(), go);
        case "look_up_ttl" -> lookUp(request, Caffeine.newBuilder().expireAfterWrite(1, TimeUnit.HOURS), go);
        case "insert" -> insert(request, go);
        default -> throw new IllegalArgumentException("there is no workload " + request.workload());
      }
    }
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static void answer(Sum sum, double hitRatio) {
    say(String.format(Locale.ROOT, "{\"items\":%d,\"seconds\":%.9f,\"hit_ratio\":%.9f}", sum.items(), sum.seconds(),
        hitRatio));
  }

  private static void check(long key, long value) {
    if (value != ~key) throw new IllegalStateException("another key's value was found for " + key);
  }

  /** True if it was there. If not, it is put. */
  private static boolean ask(Cache<Long, Long> cache, long key) {
    Long value = cache.getIfPresent(key);
    if (value == null) {
      cache.put(key, ~key);
      return false;
    }
    check(key, value);
    return true;
  }

  /** Number `i` of a sequence in which every key is different. */
  private static long newKey(long i) {
    long product = (i + 1) * 0xd6e8feb86659fd93L;
    return product ^ product >>> 32;
  }

  private static Sum runTogether(Request request, long nanoseconds, Work work) throws Exception {
    stop = false;
    int count = request.threads();
    long[] ends = new long[count];
    long[][] done = new long[count][];
    Thread[] threads = new Thread[count];
    CountDownLatch start = new CountDownLatch(1);
    for (int i = 0; i != count; ++i) {
      int number = i;
      threads[i] = new Thread(() -> {
        try {
          start.await();
        } catch (InterruptedException interrupted) {
          throw new IllegalStateException(interrupted);
        }
        done[number] = work.run(number);
        ends[number] = System.nanoTime();
      });
      threads[i].start();
    }
    long began = System.nanoTime();
    start.countDown();
    TimeUnit.NANOSECONDS.sleep(nanoseconds);
    stop = true;
    long items = 0, hits = 0, longest = 0;
    for (int i = 0; i != count; ++i) {
      threads[i].join();
      if (done[i] == null) System.exit(1); // the thread has said why
      items += done[i][0];
      hits += done[i][1];
      longest = Math.max(longest, ends[i] - began);
    }
    return new Sum(items, hits, longest * 1e-9);
  }

  private static void lookUp(Request request, Caffeine<Object, Object> builder, Step go) throws Exception {
    LongBuffer file = ByteBuffer.wrap(Files.readAllBytes(Path.of(request.keysFile()))).order(ByteOrder.nativeOrder())
        .asLongBuffer();
    long[] first = new long[(int) file.get()];
    file.get(first);
    long[] keys = new long[file.remaining()];
    file.get(keys);
    Cache<Long, Long> cache = builder.maximumSize(request.capacity()).build();
    for (long key : first) ask(cache, key);
    Work work = number -> {
      int at = (int) ((long) number * keys.length / request.threads());
      long mine = 0, hits = 0;
      for (; !stop; mine += BETWEEN_LOOKS) {
        for (int i = 0; i != BETWEEN_LOOKS; ++i) {
          if (ask(cache, keys[at])) ++hits;
          if (++at == keys.length) at = 0;
        }
      }
      return new long[] {mine, hits};
    };
    runTogether(request, WARM_UP_NANOSECONDS, work);
    go.run();
    Sum sum = runTogether(request, request.nanoseconds(), work);
    answer(sum, (double) sum.hits() / sum.items());
  }

  private static void insert(Request request, Step go) throws Exception {
    Cache<Long, Long> cache = Caffeine.newBuilder().maximumSize(request.capacity()).build();
    for (long i = 0; i != request.capacity(); ++i) cache.put(newKey(i), ~newKey(i));
    int threads = request.threads();
    long[] next = new long[threads];
    for (int i = 0; i != threads; ++i) next[i] = request.capacity() + i;
    Work work = number -> {
      long key = next[number], mine = 0;
      for (; !stop; mine += BETWEEN_LOOKS) {
        for (int i = 0; i != BETWEEN_LOOKS; ++i, key += threads) cache.put(newKey(key), ~newKey(key));
      }
      next[number] = key;
      return new long[] {mine, 0};
    };
    runTogether(request, WARM_UP_NANOSECONDS, work);
    go.run();
    Sum sum = runTogether(request, request.nanoseconds(), work);
    long asked = 0, found = 0;
    for (int i = 0; i != threads; ++i) {
      for (long back = 1; back <= LAST_PUTS; ++back, ++asked) {
        long key = newKey(next[i] - back * threads);
        Long value = cache.getIfPresent(key);
        if (value == null) continue;
        check(key, value);
        ++found;
      }
    }
    answer(sum, (double) found / asked);
  }
}
