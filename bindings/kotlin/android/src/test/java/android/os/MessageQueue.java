package android.os;

import java.util.TreeMap;

/** The messages of the main thread, in place of native functions. A test runs those whose time has come. */
public final class MessageQueue {
    private final TreeMap<Long, Message> messages = new TreeMap<>();

    MessageQueue(boolean quitAllowed) {}

    boolean enqueueMessage(Message message, long when) {
        while (messages.containsKey(when)) {
            when++;
        }
        messages.put(when, message);
        return true;
    }

    /** Lets time pass. Each message runs at its time. */
    public void runUntil(long end) {
        while (!messages.isEmpty() && messages.firstKey() <= end) {
            SystemClock.now = Math.max(SystemClock.now, messages.firstKey());
            Message message = messages.pollFirstEntry().getValue();
            message.getTarget().dispatchMessage(message);
        }
        SystemClock.now = end;
    }

    /** The number of messages that wait. */
    public int size() {
        return messages.size();
    }
}
