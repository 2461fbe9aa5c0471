// A media that is being processed: shows how far it is, and loads the page anew once that is over.
"use strict";
{
  const data = JSON.parse(document.getElementById("data").textContent);
  const bar = document.getElementById("progress");
  const step = document.getElementById("step");
  const words = { waiting: "Waiting to begin", cancelled: "Cancelled" };

  const look = async () => {
    try {
      const answer = await fetch(data.state + location.search, { cache: "no-store" });
      if (answer.status >= 500) throw new Error(answer.statusText);
      const now = answer.ok ? await answer.json() : {};
      if (now.status !== "processing") {
        location.reload();
        return;
      }
      if (now.state === "running") {
        bar.value = now.progress;
        step.textContent = `${now.step || "working"} · ${Math.round(now.progress * 100)} %`;
      } else {
        bar.removeAttribute("value");
        step.textContent = words[now.state] || "";
      }
    } catch {
      step.textContent = "The service does not answer; trying again";
    }
    setTimeout(look, data.every * 1000);
  };
  look();
}
