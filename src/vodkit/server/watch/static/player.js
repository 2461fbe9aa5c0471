// The player of the watch page: HLS by hls.js or by the browser itself, else a plain file; the controls.
"use strict";
{
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const player = $("player");
  const video = $("video");
  const seek = $("seek");

  const clock = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds || 0));
    const pair = (n) => String(n).padStart(2, "0");
    const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    return h ? `${h}:${pair(m)}:${pair(s)}` : `${m}:${pair(s)}`;
  };
  const length = () => (Number.isFinite(video.duration) ? video.duration : data.duration || 0);
  const fail = (text) => {
    $("failure").textContent = text;
    $("failure").hidden = false;
  };
  const option = (select, value, label) => select.add(new Option(label, value));

  // What plays

  let hls = null;
  let loading = false;

  // Streams are loaded when somebody wants to see them.
  const load = () => {
    if (hls && !loading) hls.startLoad();
    loading = true;
  };

  const playFile = (file, at = 0) => {
    video.src = file.url;
    if (at) video.addEventListener("loadedmetadata", () => { video.currentTime = at; }, { once: true });
  };

  const offerFiles = () => {
    if (data.files.length < 2) return;
    data.files.forEach((file, number) => option($("quality"), number, file.name));
    $("quality").hidden = false;
    $("quality").addEventListener("change", () => {
      const playing = !video.paused;
      playFile(data.files[Number($("quality").value)], video.currentTime);
      if (playing) video.play();
    });
  };

  const fallBack = () => {
    if (hls) hls.destroy();
    hls = null;
    if (data.files.length) {
      playFile(data.files[0]);
      offerFiles();
      if (loading) video.play().catch(() => {});
    } else {
      fail("This media cannot be played in this browser.");
    }
  };

  const offerLevels = () => {
    const levels = hls.levels.map((level, number) => ({ number, level }));
    if (levels.length < 2 || !levels[0].level.height) return;
    const select = $("quality");
    option(select, -1, "Auto");
    levels.sort((a, b) => b.level.height - a.level.height || b.level.bitrate - a.level.bitrate);
    const shown = ({ width, height }) => `${Math.min(width, height)}p`;
    for (const { number, level } of levels) option(select, number, shown(level));
    select.hidden = false;
    select.addEventListener("change", () => { hls.currentLevel = Number(select.value); });
    hls.on(Hls.Events.LEVEL_SWITCHED, (_, { level }) => {
      select.options[0].text = hls.autoLevelEnabled ? `Auto · ${shown(hls.levels[level])}` : "Auto";
    });
  };

  const playStreams = () => {
    hls = new Hls({
      enableWorker: false,
      autoStartLoad: false,
      capLevelToPlayerSize: true,
      // The page shows the subtitles itself.
      subtitleTrackController: undefined,
      subtitleStreamController: undefined,
      timelineController: undefined,
    });
    let mended = false;
    hls.on(Hls.Events.MANIFEST_PARSED, offerLevels);
    hls.on(Hls.Events.ERROR, (_, error) => {
      if (!error.fatal) return;
      if (error.type === Hls.ErrorTypes.MEDIA_ERROR && !mended) {
        mended = true;
        hls.recoverMediaError();
      } else if (video.currentTime === 0) {
        fallBack();
      } else {
        fail("The rest of this media could not be loaded. Reload the page to try again.");
      }
    });
    hls.loadSource(data.hls);
    hls.attachMedia(video);
  };

  // Subtitles

  const offerSubtitles = () => {
    const select = $("subtitles");
    option(select, "", "No subtitles");
    data.subtitles.forEach((subtitle, number) => {
      const track = document.createElement("track");
      track.kind = "subtitles";
      track.src = subtitle.url;
      track.srclang = subtitle.language;
      track.label = subtitle.title;
      video.append(track);
      option(select, number, subtitle.title);
    });
    select.hidden = false;
    const tracks = [...video.querySelectorAll("track")].map(({ track }) => track);
    const paintWords = () => {
      const shown = tracks.find(({ mode }) => mode === "hidden");
      const lines = [...(shown?.activeCues ?? [])].map((cue) => {
        const [line, text] = [document.createElement("p"), document.createElement("span")];
        text.append(cue.getCueAsHTML());
        line.append(text);
        return line;
      });
      $("words").replaceChildren(...lines);
    };
    // The page shows the words itself, above its controls; a telephone's own player shows what is "showing".
    const show = () => {
      const chosen = video.webkitDisplayingFullscreen ? "showing" : "hidden";
      tracks.forEach((track, number) => { track.mode = select.value === String(number) ? chosen : "disabled"; });
      paintWords();
    };
    for (const track of tracks) track.addEventListener("cuechange", paintWords);
    for (const name of ["webkitbeginfullscreen", "webkitendfullscreen"]) video.addEventListener(name, show);
    select.addEventListener("change", show);
    show();
  };

  // Pictures over the timeline

  const tiles = [];

  const loadTiles = async () => {
    const answer = await fetch(data.thumbnails);
    if (!answer.ok) return;
    const seconds = (text) => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
    const blocks = (await answer.text()).split(/\r?\n\r?\n/);
    for (const block of blocks) {
      const cue = /^(\S+) --> (\S+)\r?\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/m.exec(block);
      if (!cue) continue;
      const [x, y, width, height] = cue.slice(4).map(Number);
      const url = new URL(cue[3], answer.url).href;
      tiles.push({ begin: seconds(cue[1]), end: seconds(cue[2]), url, x, y, width, height });
    }
  };

  const preview = (event) => {
    const box = $("timeline").getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const at = share * length();
    const tile = tiles.find(({ begin, end }) => at >= begin && at < end) || tiles.at(-1);
    const shown = $("tile").style;
    if (tile) {
      shown.width = `${tile.width}px`;
      shown.height = `${tile.height}px`;
      shown.background = `url("${tile.url}") -${tile.x}px -${tile.y}px no-repeat`;
    }
    const half = ((tile ? tile.width : 56) + 4) / 2;
    if (!tile) Object.assign(shown, { width: "56px", height: "26px" });
    $("preview").style.left = `${Math.min(box.width - half, Math.max(half, share * box.width))}px`;
    $("at").textContent = clock(at);
    $("preview").hidden = false;
  };

  // Controls

  let counted = false;

  const toggle = () => {
    if (!video.paused) {
      video.pause();
      return;
    }
    load();
    video.play().catch(() => {});
  };
  const paint = () => {
    const whole = length();
    seek.max = whole || 1;
    seek.value = video.currentTime;
    seek.setAttribute("aria-valuetext", `${clock(video.currentTime)} of ${clock(Math.round(whole))}`);
    $("played").style.width = `${whole ? (100 * video.currentTime) / whole : 0}%`;
    const { buffered } = video;
    const end = buffered.length ? buffered.end(buffered.length - 1) : 0;
    $("loaded").style.width = `${whole ? (100 * end) / whole : 0}%`;
    $("now").textContent = clock(video.currentTime);
    $("whole").textContent = clock(Math.round(whole));
  };
  const state = () => {
    const playing = !video.paused && !video.ended;
    $("play").toggleAttribute("data-on", playing);
    $("play").setAttribute("aria-label", playing ? "Pause" : "Play");
    $("mute").toggleAttribute("data-on", video.muted || !video.volume);
    $("mute").setAttribute("aria-pressed", String(video.muted));
    $("volume").value = video.muted ? 0 : video.volume;
  };
  let quiet = 0;
  const awake = () => {
    player.classList.remove("idle");
    clearTimeout(quiet);
    quiet = setTimeout(() => { if (!video.paused) player.classList.add("idle"); }, 2600);
  };
  const full = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (player.requestFullscreen) player.requestFullscreen();
    else video.webkitEnterFullscreen?.();
  };

  const KEYS = {
    " ": toggle,
    k: toggle,
    m: () => { video.muted = !video.muted; },
    f: full,
    ArrowLeft: () => { video.currentTime -= 5; },
    ArrowRight: () => { video.currentTime += 5; },
  };

  video.addEventListener("playing", () => {
    if (counted) return;
    counted = true;
    navigator.sendBeacon(data.view + location.search);
  });
  for (const name of ["timeupdate", "progress", "durationchange", "seeked"]) video.addEventListener(name, paint);
  for (const name of ["play", "pause", "ended", "volumechange"]) video.addEventListener(name, state);
  video.addEventListener("play", () => {
    player.classList.add("begun");
    load();
    awake();
  });
  video.addEventListener("pause", awake);
  video.addEventListener("click", toggle);
  video.addEventListener("error", () => {
    if (!hls && video.error) fail("This media cannot be played in this browser.");
  });
  $("start").addEventListener("click", toggle);
  $("play").addEventListener("click", toggle);
  $("mute").addEventListener("click", KEYS.m);
  $("full").addEventListener("click", full);
  $("volume").addEventListener("input", () => {
    video.volume = Number($("volume").value);
    video.muted = false;
  });
  seek.addEventListener("input", () => { video.currentTime = Number(seek.value); paint(); });
  $("timeline").addEventListener("pointermove", preview);
  $("timeline").addEventListener("pointerleave", () => { $("preview").hidden = true; });
  player.addEventListener("pointermove", awake);
  document.addEventListener("fullscreenchange", () => {
    $("full").setAttribute("aria-pressed", String(Boolean(document.fullscreenElement)));
  });
  document.addEventListener("keydown", (event) => {
    const key = KEYS[event.key];
    const busy = event.target.closest("input, select, button");
    if (!key || event.ctrlKey || event.metaKey || event.altKey || (busy && !/^[kmf]$/.test(event.key))) return;
    event.preventDefault();
    key();
    awake();
  });

  if (data.poster) video.poster = data.poster;
  if (data.shape) video.style.aspectRatio = data.shape.join(" / ");
  $("bar").hidden = false;
  paint();
  state();
  const native = video.canPlayType("application/vnd.apple.mpegurl");
  if (data.hls && window.Hls && Hls.isSupported()) playStreams();
  else if (data.hls && native) video.src = data.hls;
  else fallBack();
  // Browsers that play HLS themselves find the subtitles in the playlist.
  if (data.subtitles.length && (hls || !native || !data.hls)) offerSubtitles();
  if (data.thumbnails) loadTiles();
}
